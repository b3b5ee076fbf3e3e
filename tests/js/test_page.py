"""The page's scripts: they parse, import what is there, leave nothing behind in the page; and what of them is
arithmetic, against the same in Python."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).parents[2] / "js"
SCRIPTS = sorted(path for path in JS.rglob("*") if path.suffix in (".js", ".mjs"))
IMPORT = re.compile(r'^import .*? from "(.+?)";$', re.M)
LEFT_BEHIND = re.compile(r"\b(window|globalThis|document|app|LiteGraph)\.\w+ = |\.prototype\b")
HOST = {"../../scripts/api.js", "../../scripts/app.js"}


def node(*arguments: str) -> str:
    """What node prints."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is needed to run the page's scripts; install Node.js")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def value(module: str, expression: str):
    """`expression` over what js/`module` exports."""
    address = json.dumps((JS / module).as_uri())
    code = f"import * as m from {address}; console.log(JSON.stringify({expression}))"
    return json.loads(node("--input-type=module", "-e", code))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses(script):
    node("--check", str(script))


def test_the_host_loads_one_script_and_the_rest_through_it():
    """The host imports every *.js of the folder into the page."""
    assert [path.name for path in SCRIPTS if path.suffix == ".js"] == ["kling_foley.js"]
    reached, ahead = set(), [JS / "kling_foley.js"]
    while ahead:
        script = ahead.pop()
        reached.add(script)
        for name in set(IMPORT.findall(script.read_text("utf-8"))) - HOST:
            assert name.startswith("./") or name.startswith("../"), name
            found = (script.parent / name).resolve()
            assert found.is_file(), (script, name)
            ahead += [found] if found not in reached else []
    assert reached == set(SCRIPTS)


def test_only_the_entry_knows_the_host_and_nothing_is_put_into_the_page():
    for script in SCRIPTS:
        text = script.read_text("utf-8")
        assert set(IMPORT.findall(text)) & HOST == (HOST if script.suffix == ".js" else set())
        assert not LEFT_BEHIND.search(text), script


@pytest.mark.parametrize("seconds", [0.0, 0.04, 9.96, 59.94, 59.96, 75.25, 600.0])
def test_clock(seconds):
    tenths = int(10 * seconds + 0.5)
    shown = f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"
    assert value("player/times.mjs", f"m.clock({seconds})") == shown


@pytest.mark.parametrize("seconds", [0.05, 0.3, 1, 5.083, 8, 10, 61, 600, 5000])
@pytest.mark.parametrize("most", [1, 6, 12])
def test_the_axis_has_even_steps_from_the_beginning_and_no_more_than_fit(seconds, most):
    ticks = value("player/times.mjs", f"m.axis({seconds}, {most})")
    shares = [tick["share"] for tick in ticks]
    assert shares[0] == 0 and len(shares) <= most + 1 and shares[-1] <= 1 + 1e-6
    steps = [b - a for a, b in zip(shares, shares[1:], strict=False)]
    assert not steps or max(steps) - min(steps) < 1e-9
    for share, text in ((tick["share"], tick["text"]) for tick in ticks):
        number, unit = text.split()
        assert float(number) * {"s": 1, "min": 60}[unit] == pytest.approx(share * seconds)


@pytest.mark.parametrize("behind", [-2.0, -0.5, -0.3, -0.1, -0.01, 0.0, 0.015, 0.05, 0.12, 0.39, 0.41])
def test_the_film_comes_back_to_the_sound(behind):
    """Small differences close within seconds without a jump, large ones by one, and none is made larger."""
    rate = value("player/times.mjs", f"m.rate(1, {1 + behind})")
    if abs(behind) > 0.4:
        assert rate is None
        return
    assert 0.75 <= rate <= 1.25 and (rate - 1) * behind >= 0
    for _ in range(200):  # 5 s, a fortieth at a time
        behind -= (value_of_rate(behind) - 1) / 40
    assert abs(behind) < 0.03


def value_of_rate(behind: float) -> float:
    """The twin of `rate` for small differences."""
    return 1 if abs(behind) < 0.02 else 1 + min(max(2 * behind, -0.25), 0.25)


def test_the_twin_is_the_pages_own():
    differences = [k / 100 - 0.39 for k in range(79)]
    pages = value("player/times.mjs", f"{json.dumps(differences)}.map((d) => m.rate(0, d))")
    assert pages == pytest.approx([value_of_rate(d) for d in differences])


def test_both_languages_have_the_same_words():
    english, chinese, other = value("player/words.mjs", '["en", "zh", "fr"].map(m.words)')
    assert english == other and english.keys() == chinese.keys()
    assert all(re.search("[\u4e00-\u9fff]", text) for text in chinese.values())
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in english.values())
    # The words that the node sends to stand beside its pictures.
    assert {"film", "motion", "left", "right", "seen", "heard"} <= english.keys()


def test_the_players_height_follows_its_width_and_what_it_shows():
    film = "{file: {}, aspect: 16 / 9, ratio: 960 / 126}"
    shown = f"{{ratio: 960 / 326, takes: [0], film: {film}}}"
    narrow, wide = (value("player/style.mjs", f"m.playerHeight({w}, {shown})") for w in (500, 1000))
    assert wide - narrow == pytest.approx(500 * (9 / 16 + 126 / 960 + 326 / 960), abs=2)
    alone, several, many, short, long, endless, strip, tall, none = value(
        "player/style.mjs",
        "[{}, {takes: [0, 1]}, {takes: Array(64)},"
        "{note: 'x'}, {note: 'x'.repeat(130)}, {note: 'x'.repeat(999)},"
        "{film: {ratio: 8, aspect: 1}}, {film: {file: {}, ratio: 8, aspect: 0.5}}, null]"
        ".map((s) => m.playerHeight(600, s && {ratio: 3, takes: [0], ...s}))",
    )
    assert none < alone < short < long < endless < alone + 110 and alone < strip < tall
    assert several - alone == 46 and many - several == 4 * 44  # thirteen to a row
    assert tall - strip == pytest.approx((600 - 16) * 9 / 16, abs=8)  # a tall film has no more room


HIDES = """
const options = {}, told = [];
// Nodes 2.0 learns of what is set through its watcher, and only of what is new; a node shares it with the one
// that is made of it in a subgraph.
const watched = new Proxy(options, {set(target, key, hidden) {
  if (target[key] !== hidden) told.push(hidden);
  return Reflect.set(target, key, hidden);
}});
const made = () => {
  const fps = {name: "fps", options, value: 24, _state: {options: watched}};
  const node = {inputs: [{name: "audio"}, {name: "video", link: null}], widgets: [fps],
    graph: {setDirtyCanvas() {}}, onConnectionsChange() { return "host's"; }};
  m.hideFrameRate(node);
  return [node, fps];
};
const [node, fps] = made(), seen = [];
const wire = async (link) => {
  node.inputs[1].link = link;
  seen.push(node.onConnectionsChange());
  await null;
  seen.push(fps.hidden);
};
for (const link of [7, 8, null, 3]) await wire(link);
const [inside, its] = made();
inside.inputs[1].link = 3;
inside.onConfigure();
node.inputs[1].link = null;
node.onConnectionsChange();
node.graph = null;
await null;
seen.push(its.hidden, options.hidden, its.value, inside.widgets.length, told);
return seen;
"""


def test_fps_is_hidden_while_a_video_is_connected_and_keeps_its_value():
    seen = value("frame_rate.mjs", f"await (async () => {{ {HIDES} }})()")
    assert seen[:8] == ["host's", True, "host's", True, "host's", False, "host's", True]
    assert seen[8:] == [True, True, 24, 1, [True, False, True]]
    side = HIDES.replace("graph: {", "graph: {getLink: () => ({origin_id: -10}), ")
    assert side != HIDES
    inside = value("frame_rate.mjs", f"await (async () => {{ {side} }})()")  # of a blueprint
    assert not any(shown is True for shown in inside[:10])
    other = "const n = {inputs: [{name: 'video'}], widgets: []}; m.hideFrameRate(n); return Object.keys(n);"
    assert value("frame_rate.mjs", f"(() => {{ {other} }})()") == ["inputs", "widgets"]


def test_a_workflow_saved_before_there_was_a_solver_keeps_eulers():
    widgets = "[{name: 'steps', value: 8}, {name: 'solver', value: 'adams'}]"

    def opened(values: str, names: str = widgets) -> list[str]:
        code = f"const n = {{widgets: {names}, onConfigure() {{ this.told = 1; }}}}; m.keepSolver(n); "
        code += f"n.onConfigure({{widgets_values: {values}}}); return [n.widgets.at(-1).value, n.told];"
        return value("solver.mjs", f"(() => {{ {code} }})()")

    assert opened("[20]") == ["euler", 1]
    assert opened("[8, 'adams']") == opened("undefined") == ["adams", 1]
    assert opened("[]", "[{name: 'seed', value: 3}]") == [3, 1]


def test_entries_of_lists_are_named_in_the_pages_language_and_files_keep_their_names():
    chinese = json.loads((JS.parent / "locales/zh/nodeDefs.json").read_text("utf-8"))
    options = chinese["KlingFoleySystemLoader"]["inputs"]["system"]["options"]
    entries = ["small (built in)", "x.pth", "x.pth lacks text encoder, vocoder", "a lacks b"]
    named = value("entries.mjs", f"{json.dumps(entries)}.map((e) => m.named(e, {json.dumps(options)}))")
    assert named == ["small（内置）", "x.pth", "x.pth 缺少：文本编码器, 声码器", "a 缺少：b"]
    node = "{widgets: [{name: 'system', options: {}}, {name: 'seed', options: {}}]}"
    inputs = json.dumps({"system": {"options": options}})
    labels = f"(() => {{ const n = {node}; m.nameEntries(n, {inputs}); return n.widgets.map((w) => "
    labels += "w.options.getOptionLabel?.('small (built in)') ?? null); })()"
    assert value("entries.mjs", labels) == ["small（内置）", None]
