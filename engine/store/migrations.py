"""The database's shape, as small named steps that are applied once each, in order.

To change a table, append a migration; never edit one that has shipped. docs/schema.md tells what each column holds.
There are no keys and no sequences: rows follow from the journals alone, so that rebuilding gives the same ones.
"""

from __future__ import annotations

import duckdb

MIGRATIONS: dict[str, str] = {
    "0001-tables": """
        CREATE TABLE runs (
            id VARCHAR, name VARCHAR, kind VARCHAR, state VARCHAR, phase VARCHAR, method VARCHAR, scratch BOOLEAN,
            created DOUBLE, started DOUBLE, ended DOUBLE, updated DOUBLE, host VARCHAR, device VARCHAR,
            attempt INTEGER, step BIGINT, steps BIGINT, parameters BIGINT, flops_per_token DOUBLE,
            train_loss DOUBLE, heldout_loss DOUBLE, best_heldout_loss DOUBLE,
            tokens BIGINT, flops DOUBLE, seconds DOUBLE, seconds_before DOUBLE, device_seconds DOUBLE,
            price_per_hour DOUBLE, money DOUBLE, error VARCHAR, user_error BOOLEAN, parents VARCHAR[],
            made VARCHAR, config VARCHAR, fingerprint VARCHAR, command VARCHAR
        );
        CREATE TABLE metrics (
            run_id VARCHAR, name VARCHAR, step BIGINT, tokens BIGINT, seconds DOUBLE, time DOUBLE, value DOUBLE
        );
        CREATE TABLE checkpoints (
            run_id VARCHAR, step BIGINT, tokens BIGINT, heldout_loss DOUBLE, best BOOLEAN, sha256 VARCHAR, time DOUBLE
        );
        CREATE TABLE events (
            run_id VARCHAR, seq BIGINT, attempt INTEGER, time DOUBLE, type VARCHAR, step BIGINT, text VARCHAR,
            data VARCHAR
        );
        CREATE TABLE evals (
            run_id VARCHAR, seq BIGINT, model_id VARCHAR, model_step BIGINT, suite VARCHAR, suite_sha256 VARCHAR,
            task VARCHAR, metric VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, n BIGINT, time DOUBLE
        );
        CREATE TABLE confusions (
            run_id VARCHAR, seq BIGINT, model_id VARCHAR, suite VARCHAR, target VARCHAR, output VARCHAR, n BIGINT
        );
        CREATE TABLE predictions (
            run_id VARCHAR, seq BIGINT, model_id VARCHAR, suite VARCHAR, example_id VARCHAR, input VARCHAR,
            target VARCHAR, output VARCHAR, correct BOOLEAN, score DOUBLE, weight DOUBLE
        );
        CREATE TABLE models (
            id VARCHAR, name VARCHAR, version INTEGER, kind VARCHAR, parent_id VARCHAR, corpus_id VARCHAR,
            run_id VARCHAR, sha256 VARCHAR, method VARCHAR, scratch BOOLEAN, step BIGINT, frozen_at DOUBLE,
            parameters BIGINT, heldout_loss DOUBLE
        );
        CREATE TABLE corpora (
            id VARCHAR, name VARCHAR, hash VARCHAR, documents BIGINT, heldout_documents BIGINT, train_tokens BIGINT,
            heldout_tokens BIGINT, bytes BIGINT, vocab_size BIGINT, built DOUBLE, run_id VARCHAR
        );
        CREATE TABLE suites (name VARCHAR, task VARCHAR, sha256 VARCHAR);
        CREATE TABLE machine_samples (
            time DOUBLE, cpu_percent DOUBLE, memory_used BIGINT, memory_total BIGINT, disk_free BIGINT, gpus VARCHAR
        );
        CREATE TABLE notes (target VARCHAR, text VARCHAR, time DOUBLE);
        CREATE TABLE tags (target VARCHAR, tag VARCHAR, time DOUBLE);
        CREATE TABLE names (target VARCHAR, name VARCHAR);
        CREATE TABLE journals (path VARCHAR, position BIGINT, damaged BOOLEAN);
    """,
    "0002-last-metrics": """
        ALTER TABLE runs ADD COLUMN last_metrics VARCHAR DEFAULT '{}';
        UPDATE runs SET last_metrics = found.newest FROM (
            SELECT run_id, CAST(to_json(map(list(name ORDER BY name), list(value ORDER BY name))) AS VARCHAR) AS newest
            FROM (
                SELECT run_id, name, arg_max(value, step) AS value FROM metrics WHERE value IS NOT NULL GROUP BY ALL
            ) GROUP BY run_id
        ) found WHERE found.run_id = runs.id;
    """,
    "0003-heldout-history": """
        ALTER TABLE runs ADD COLUMN heldout_count BIGINT DEFAULT 0;
        ALTER TABLE runs ADD COLUMN heldout_history DOUBLE[] DEFAULT [];
        UPDATE runs SET heldout_count = len(losses), heldout_history = list_slice(losses, 1, len(losses), stride)
        FROM (
            SELECT run_id, losses, pow(2, ceil(log2(greatest(1, ceil(len(losses) / 60)))))::BIGINT AS stride
            FROM (SELECT run_id, list(value ORDER BY step, time) AS losses FROM metrics
                  WHERE name = 'heldout_loss' AND value IS NOT NULL GROUP BY run_id)
        ) found WHERE found.run_id = runs.id;
    """,
    "0004-predicted": """
        ALTER TABLE runs ADD COLUMN predicted_seconds DOUBLE;
        ALTER TABLE runs ADD COLUMN predicted_steps BIGINT DEFAULT 0;
        ALTER TABLE runs ADD COLUMN predicted_bytes BIGINT DEFAULT 0;
        ALTER TABLE runs ADD COLUMN rehearsed BOOLEAN DEFAULT false;
        ALTER TABLE runs ADD COLUMN peak_bytes BIGINT DEFAULT 0;
    """,
}


def migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Bring a database up to date; the names of what was applied. Each step commits by itself."""
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name VARCHAR)")
    done = {name for (name,) in connection.execute("SELECT name FROM migrations").fetchall()}
    applied = []
    for name, statements in MIGRATIONS.items():
        if name in done:
            continue
        connection.begin()
        connection.execute(statements)
        connection.execute("INSERT INTO migrations VALUES (?)", [name])
        connection.commit()
        applied.append(name)
    return applied


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table, by name."""
    return [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
