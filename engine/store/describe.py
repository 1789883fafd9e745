"""Each event as a sentence, for logs and the events table."""

from __future__ import annotations

from engine import figures
from engine.journal import events as e


def describe(event: e.Event) -> str:
    """What happened, in words. Foreign text inside is as it came: clean it before it reaches a terminal."""
    match event:
        case e.Created():
            return f"queued {event.kind} {event.name}"
        case e.Predicted():
            took = "an unknown time" if event.seconds is None else figures.duration(event.seconds)
            how = "rehearsed" if event.rehearsed else "estimated"
            return f"expected to take {took} and {figures.size(event.peak_bytes)} for {event.steps:,} steps ({how})"
        case e.Started():
            resumed = f", from step {event.from_step}" if event.from_step else ""
            return f"engine started on {event.host} (pid {event.pid}{resumed})"
        case e.Finished():
            return f"finished after {event.seconds:.1f} s"
        case e.Stopped():
            return f"stopped at step {event.step}: {event.reason}"
        case e.Failed():
            return f"failed: {event.error}"
        case e.Cancelled():
            return f"cancelled{': ' + event.reason if event.reason else ''}"
        case e.Said():
            return event.text
        case e.Progress():
            return f"{event.phase}: {event.done} of {event.total or '?'}"
        case e.Planned():
            return f"planned {event.steps} steps; {event.trainable:,} of {event.parameters:,} parameters learn"
        case e.Metrics():
            return f"step {event.step}: " + ", ".join(f"{name} {value}" for name, value in event.values.items())
        case e.Decision():
            return f"{event.what} at step {event.step}: {event.why}"
        case e.Checkpoint():
            loss = "" if event.heldout_loss is None else f", held-out loss {event.heldout_loss:.4f}"
            return f"checkpoint at step {event.step}{loss}{' (best)' if event.best else ''}"
        case e.CorpusBuilt():
            return f"built corpus {event.name}/{event.hash}"
        case e.VariantMade():
            kind = "scratch control of" if event.scratch else "variant of"
            return f"{event.method} {kind} {event.parent} at step {event.step}"
        case e.Evaluated():
            first = f": {event.scores[0].metric} {event.scores[0].value:.4f}" if event.scores else ""
            return f"evaluated {event.model} on {event.suite}{first}"
        case e.Noted():
            return f"note on {event.target}: {event.text}"
        case e.Tagged():
            return f"{'removed tag' if event.removed else 'tagged'} {event.target}: {event.tag_name}"
        case e.Renamed():
            return f"renamed {event.target} to {event.name}"
        case e.Removed():
            return f"removed {event.run_id}"
        case e.Recovered():
            return f"the database would not open ({event.why}); set aside as {event.set_aside} and rebuilt"
        case e.MachineSample():
            return f"CPU {event.cpu_percent:.0f} %"
