import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubemodel.spec.manifests import loading
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.manifests.loading import load

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def load_bytes(content):
    return load(["-"], io.TextIOWrapper(io.BytesIO(content), encoding="ascii"))


def rejected(text):
    with pytest.raises(InputError) as caught:
        load(["-"], io.StringIO(text))
    assert "\n" not in str(caught.value)
    return caught.value


def data_of(text):
    return load(["-"], io.StringIO(CONFIG + text))[0].data


def test_files_folders_and_standard_input(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("z.yaml", "b/y.yml", "a.json", "b/ignored.txt"):
        (tmp_path / name).write_text(CONFIG.replace("name: a", f"name: {name[0]}"))
    (tmp_path / "a.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}}, indent=1)
    )
    found = load([str(tmp_path), "-"], io.StringIO(CONFIG))
    assert [(os.path.basename(d.source), d.name) for d in found] == [
        ("a.json", "j"),
        ("z.yaml", "z"),
        ("y.yml", "b"),
        ("<stdin>", "a"),
    ]


def test_empty_documents_between_others_are_skipped():
    assert len(load(["-"], io.StringIO(f"---\n---\n{CONFIG}---\n# nothing\n---\n{CONFIG}---\n"))) == 2


def test_lists_are_expanded_and_items_keep_their_lines():
    text = """\
kind: List
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: one
- apiVersion: v1
  kind: Pod
  metadata:
    name: two
"""
    one, two = load(["-"], io.StringIO(text))
    assert [one.line_of("metadata.name"), two.line_of("metadata.name")] == [7, 11]


def test_items_of_a_typed_list_take_its_kind():
    (pod,) = load(["-"], io.StringIO("kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n"))
    assert (pod.kind, pod.api_version, pod.name) == ("Pod", "v1", "a")


def test_lines_of_fields():
    (document,) = load(
        ["-"], io.StringIO("# comment\n" + CONFIG + "data:\n  a.b: |\n    x\n    y\n  c:\n  - 1\n  -\n    2\n")
    )
    assert document.line_of("data") == 5
    assert document.line_of("data[a.b]") == 6
    assert document.line_of("data.c[1]") == 12
    assert document.line_of("data.nothing") is None
    assert document.line_of(("data", "nothing")) == 5


def test_scalars_read_as_kubectl_reads_them():
    text = "data: [yes, off, y, 012, 0x1F, 1_000, 1e3, 0.5, 12:30, 2024-01-02, ~, 'yes', 1.0, 0o7, 09, 1.2.3, =]\n"
    assert data_of(text)["data"] == [
        True, False, True, 10, 31, 1000, 1000, 0.5, "12:30", "2024-01-02", None, "yes", 1, 7, 9, "1.2.3", "=",
    ]  # fmt: skip


def test_keys_that_are_no_strings_become_strings():
    assert data_of("data: {1: a, yes: b, 0.5: c}\n")["data"] == {"1": "a", "true": "b", "0.5": "c"}


def test_anchors_and_merge_keys():
    data = data_of("x: &x {a: 1, b: 2}\nv: {<<: *x, b: 3}\nz: *x\nw:\n  <<: [{a: 5}, *x]\n")
    assert (data["v"], data["z"], data["w"]) == ({"a": 1, "b": 3}, {"a": 1, "b": 2}, {"a": 5, "b": 2})


def test_json_escapes_beyond_the_basic_plane():
    text = json.dumps(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "\U0001f600 \\ud83d"}}
    )
    assert load(["-"], io.StringIO(text))[0].data["data"]["k"] == "\U0001f600 \\ud83d"


@pytest.mark.parametrize(
    ("text", "line", "field", "part"),
    [
        ("", None, None, "empty"),
        ("# only a comment\n", None, None, "empty"),
        ("a: [1\nb: 2\n", 2, None, "not valid YAML"),
        ("- 1\n", 1, None, "the document is a list"),
        ("just text\n", 1, None, '"just text"'),
        ("kind: Pod\nmetadata: {name: a}\n", 1, "apiVersion", "missing"),
        ("apiVersion: v1\nmetadata: {name: a}\n", 1, "kind", "missing"),
        ("apiVersion: v1\nkind: Pod\n", 1, "metadata", "missing"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n", 3, "metadata.name", "missing"),
        ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: 12\n", 4, "metadata.name", "not a string"),
        (CONFIG + "data:\n  a: 1\n  b: 2\n  a: 3\n", 7, "data.a", "stands twice, first in line 5"),
        (CONFIG + "data:\n  a: !!python/object/apply:os.system ['x']\n", 5, "data.a", "not allowed"),
        (CONFIG + "data:\n  a: !!python/name:os.system x\n", 5, "data.a", "not allowed"),
        (CONFIG + "data: *missing\n", 4, "data", "no anchor"),
        (CONFIG + "data: &a [*a]\n", 4, "data[0]", "inside its own anchor"),
        (CONFIG + "data: {~: 1}\n", 4, "data", "a key is null"),
        (CONFIG + "data: {[1]: 1}\n", 4, "data", "used as a key"),
        (CONFIG + "data: .inf\n", 4, "data", "JSON does not know"),
        (CONFIG + "data: " + "[" * 200, 4, None, "nested deeper"),
    ],
)  # fmt: skip
def test_what_is_rejected(text, line, field, part):
    error = rejected(text)
    assert (error.source, error.line, error.field) == ("<stdin>", line, field)
    assert part in str(error)


def test_an_alias_bomb_is_rejected():
    levels = "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert "too many values" in str(rejected(CONFIG + "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]\n" + levels))


def test_a_control_character_stays_out_of_the_message():
    assert "\x1b" not in str(rejected('"\\e": 1\n"\\e": 2\n'))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\x7fELF\0\0\x01", "binary"),
        (b"a: \xff\xfe", "not UTF-8"),
        (b"a\0b", "binary"),
    ],
)
def test_what_is_not_text(content, part):
    with pytest.raises(InputError, match=part):
        load_bytes(content)


def test_missing_file_and_folder_without_manifests(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load([str(tmp_path / "nothing.yaml")])
    with pytest.raises(InputError, match="holds no manifest"):
        load([str(tmp_path)])


def test_a_huge_file_is_not_read_to_its_end(tmp_path):
    path = tmp_path / "huge.yaml"
    with open(path, "wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(InputError, match="larger than"):
        load([str(path)])
    endless = io.TextIOWrapper(io.BufferedReader(io.FileIO("/dev/zero")))
    with pytest.raises(InputError, match="larger than"):
        load(["-"], endless)


def test_all_files_together_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "MOST_BYTES_IN_ALL", 2 * len(CONFIG))
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(CONFIG)
    with pytest.raises(InputError, match="in all"):
        load([str(tmp_path)])


@given(st.binary(max_size=300))
def test_any_bytes_give_documents_or_an_input_error(content):
    try:
        load_bytes(content)
    except InputError as error:
        assert str(error).isprintable()


YAML_MARKS = [*"a1{}[]'|?\"\n\t ", "&x ", "*x", "<<", "! ", "!!int ", "!!x ", ": ", "- ", "  ", "---\n"]
YAML_PARTS = st.lists(st.sampled_from(YAML_MARKS), max_size=25)


@given(YAML_PARTS.map("".join))
def test_anything_like_yaml_gives_documents_or_an_input_error(text):
    try:
        load(["-"], io.StringIO(CONFIG + text))
    except InputError as error:
        assert str(error).isprintable()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(PLAIN)
def test_json_is_read_as_it_was_written(value):
    data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": value}
    (document,) = load(["-"], io.StringIO(json.dumps(data)))
    assert document.data == data


@given(st.integers(0, 30), st.integers(0, 5))
def test_lines_follow_what_stands_before(comments, items):
    text = "#\n" * comments + CONFIG + "data:\n" + "- x\n" * items + "- last\n"
    (document,) = load(["-"], io.StringIO(text))
    assert document.line_of(f"data[{items}]") == comments + 5 + items
