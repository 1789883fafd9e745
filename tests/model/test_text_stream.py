"""Text as it comes: what is shown is never taken back, and ends before the first stop string."""

from hypothesis import given
from hypothesis import strategies as st

from engine.model.text_stream import TextStream


class Bytes:
    """A tokenizer whose tokens are bytes: the hardest case for characters of several."""

    def decode(self, tokens):
        return bytes(tokens).decode("utf-8", "replace")


def streamed(text, stops):
    stream, shown = TextStream(Bytes(), stops), []
    for token in text.encode():
        shown.append(stream.add(token))
        if stream.stopped:
            break
    return "".join([*shown, stream.rest()]), stream.stopped


def cut(text, stops):
    """The slow way: the first stop to be whole ends it, and of those whole by then the one that began first."""
    for end in range(len(text) + 1):
        if begun := [text.find(stop, 0, end) for stop in stops if stop in text[:end]]:
            return text[: min(begun)], True
    return text, False


@given(st.text("ab\né€😀", max_size=20), st.lists(st.text("ab\né", min_size=1, max_size=3), max_size=2))
def test_it_is_the_text_up_to_the_first_stop(text, stops):
    assert streamed(text, stops) == cut(text, stops)


def test_the_beginning_of_a_stop_is_held_back_until_it_is_none():
    stream = TextStream(Bytes(), ["###"])
    assert [stream.add(token) for token in b"a##b#"] == ["a", "", "", "##b", ""]
    assert stream.rest() == "#" and stream.tokens == 5 and not stream.stopped
