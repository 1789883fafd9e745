"""The real app beside a real engine: what is learned arrives on screen, and closing the app changes nothing."""

from __future__ import annotations

from pathlib import Path

from engine.config.schema import ModelConfig, PretrainConfig, TrainConfig
from engine.paths import Workspace
from tests.support.screen import screen_text, settle, shows
from tests.support.supervised import supervised, wait_for
from tests.support.tiny_run import make_corpus
from tui.app import GraftlineApp
from tui.widgets.curve import Curve
from tui.widgets.lineage_tree import LineageTree

STEPS = 1200


def _config(corpus: str) -> PretrainConfig:
    train = TrainConfig(
        steps=STEPS, batch=4, eval_every=10, eval_batches=2, log_every=2, patience=0, checkpoint_every=600, device="cpu"
    )
    model = ModelConfig(layers=2, width=32, heads=2, context=16)
    return PretrainConfig(name="sapling", corpus=corpus, model=model, train=train)


def _points(curve: Curve) -> int:
    return max((len(series.array) for series in curve.series), default=0)


async def test_points_arrive_and_closing_the_app_lets_the_run_finish(tmp_path: Path) -> None:
    home = tmp_path / "runs"
    with supervised(home) as client:
        app = GraftlineApp(home, poll=0.2)
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            assert "This workspace is empty" in screen_text(pilot)
            config = _config(make_corpus(Workspace(home)))
            run_id = app.gateway.submit(config).run_id

            def losses() -> tuple[float, ...]:
                line = app.screen.query_one(LineageTree).line
                return line.node.loss_history if line and line.node.id == run_id else ()

            tree = app.screen.query_one(LineageTree)
            await shows(pilot, lambda: tree.go_to(run_id) and len(losses()) >= 2)
            seen = len(losses())
            await shows(pilot, lambda: len(losses()) > seen and "sapling" in screen_text(pilot))

            await pilot.press("enter")
            await shows(pilot, lambda: app.current_mode == "monitor" and bool(app.screen.query(Curve)))
            curve = app.screen.query_one(Curve)
            await shows(pilot, lambda: _points(curve) > 5)
            points, before = _points(curve), screen_text(pilot)
            await shows(pilot, lambda: _points(curve) > points and screen_text(pilot) != before)
            assert client.run(run_id).state == "running", "too short to be closed in mid-run"
            await pilot.press("q")

        wait_for(lambda: client.run(run_id).state not in ("running", "stopping"))
        row = client.run(run_id)
        assert (row.state, row.step, row.attempt) == ("finished", STEPS, 1)
        assert len(client.metrics(run_id, ("heldout_loss",))["heldout_loss"]) == STEPS // 10

        again = GraftlineApp(home, poll=3600)
        async with again.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            assert again.screen.query_one(LineageTree).go_to(run_id)
            await settle(pilot)
            assert "pretraining run · finished" in screen_text(pilot)
