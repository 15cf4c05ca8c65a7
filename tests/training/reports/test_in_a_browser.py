"""The training report in a real browser: complete, legible and offline, on screen and paper."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.card.bins import Term
from model.profile.dictionary import Text
from tests.support.prerequisites import lacking
from training.binning.evidence import BinRow
from training.fairness.findings import (
    AttributeFairness,
    FairnessReport,
    Gap,
    GroupRow,
    Proxy,
    Rate,
)
from training.families.comparison import (
    Candidate,
    Comparison,
    HeldChallenger,
    PairsBought,
    PriceOfExplanation,
    RoundingLoss,
)
from training.gates.verdict import GateVerdicts, Verdict
from training.measures.cut_offs import economics_on
from training.measures.evaluate import Interval
from training.reject.inference import RejectReport
from training.reports.bin_plots import bins_plot
from training.reports.parts import Picture
from training.reports.training_report import committee_html, report_html, report_sections
from training.settings import Settings
from training.train import train_table

ROWS, NUMBERS = 2_500, 30
GAIN = Interval(0.004, -0.001, 0.009)
ECONOMICS = economics_on(date(2026, 1, 1))
CROPS = ("小麦", "玉米", "设施甜瓜与露地蔬菜轮作", "a very long spelling of a crop's name")


@pytest.fixture(scope="module")
def browser():
    """Chromium; where it is lacking the test skips, or fails if all must run."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    if found is None:
        lacking("chromium")
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with thirty attributes, two pairs and everything that can be measured."""
    rng = np.random.default_rng(5)
    risk = rng.normal(size=ROWS)
    columns = {
        f"indicator_{i}": (risk + rng.normal(scale=2.0 + i / 20, size=ROWS)).round(3)
        for i in range(NUMBERS - 1)
    }
    columns["作物"] = rng.choice(CROPS, ROWS).tolist()
    columns["bad"] = (rng.random(ROWS) < 1 / (1 + np.exp(1.2 - risk))).astype(int)
    path = tmp_path_factory.mktemp("report") / "loans.parquet"
    pq.write_table(pa.table(columns), path)
    settings = Settings(family="woe", resamples=30, least_points=1, penalties=(1.0,), folds=2)
    trained = train_table(path, "bad", settings)
    return with_pairs(with_findings(trained))


def with_pairs(run):
    names = run.card.attributes[:3]
    shapes = [tuple(run.card.bins[n].size for n in pair) for pair in (names[:2], names[1:])]
    pairs = [
        Term(pair, np.arange(np.prod(shape)).reshape(shape) % 23 - 9, 1)
        for pair, shape in zip((names[:2], names[1:]), shapes, strict=True)
    ]
    return replace(run, card=replace(run.card, terms=(*run.card.terms, *pairs)))


def with_findings(run):
    rate = Rate(120, 0.4, 0.42, 0.3, 0.55)
    group = GroupRow(
        "女 female", 120, 9,
        dict.fromkeys(("approval", "true_positive", "false_positive", "bad_rate"), rate), 0.07,
    )  # fmt: skip
    candidate = Candidate("woe, C=1", "woe", 0.71, 0.5, 0.15, 12.0, "7 bins")
    finding = Text("样本内AUC不低于在用评分卡", "AUC not below the champion's")
    fairness = FairnessReport(
        "held_out",
        566,
        Text("二级分数线", "cut-off of SECOND"),
        (
            AttributeFairness(
                "gender",
                Text("性别", "gender"),
                (group, group),
                (Gap("approval_ratio", "女 female", 0.91, 0.8, 1.0),),
            ),
        ),
        (Proxy("gender", 0.55, 0.01, (("indicator_1", 0.53),)),),
    )
    rejects = RejectReport(
        "parcelling", "申请被拒者 declined", 900, 400, 0.7, 0.1, 0.2, 850.0, 0.71, 0.70
    )
    return replace(
        run,
        learned=replace(run.learned, reject_inference=rejects),
        performance=replace(
            run.performance, fairness=fairness, rounding=RoundingLoss(0.0002, 0.0001, 0.00001, 0.0)
        ),
        comparison=Comparison(
            (candidate, candidate),
            PairsBought(candidate, GAIN, GAIN, GAIN),
            PriceOfExplanation((replace(candidate, name="LightGBM"),), 0.003, -0.001),
            (HeldChallenger("LightGBM", 0.72, 0.15, GAIN, GAIN),),
        ),
        gates=GateVerdicts("0" * 64, "1" * 64, "2" * 64, "2023-10-01", "held_out", (
            Verdict("AUC_AGAINST_CHAMPION", "pass", 0.71, 0.7, finding, finding),
            Verdict("CALIBRATION", "fail", 0.05, 0.02, finding, finding),
        )),
    )  # fmt: skip


@pytest.fixture(scope="module")
def sections(run):
    return report_sections(run, ECONOMICS)


@pytest.fixture(scope="module")
def page(run, sections, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(report_html(run, sections), encoding="utf-8")
    return path


def chromium(browser, folder, *options):
    return subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}",
         *options],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


def test_thirty_attributes_stay_under_three_megabytes(run, page):
    assert len(run.card.attributes) >= 25
    assert page.stat().st_size < 3_000_000


def test_every_section_is_there_in_both_languages(page, sections):
    text = page.read_text(encoding="utf-8")
    for section in sections:
        (heading,) = re.findall(rf'<h2 id="{section.name}">(.*?)</h2>', text)
        assert re.search("[\u4e00-\u9fff]", heading)
        assert re.search("[a-z]{4}", heading)
    # This run replaces no champion; everything else was measured.
    assert text.count("未测量") == 1


def test_a_list_of_contents_leads_to_every_section(page):
    text = page.read_text(encoding="utf-8")
    listed = re.findall(r'<a href="#(\w+)">', text.partition("</nav>")[0])
    assert listed == re.findall(r'<h2 id="(\w+)">', text)
    assert "gates" in listed


def test_what_was_not_measured_is_marked_as_not_measured(run):
    bare = replace(
        run,
        learned=replace(run.learned, reject_inference=None),
        performance=replace(run.performance, fairness=None, rounding=None),
        comparison=Comparison(),
        gates=None,
    )
    text = report_html(bare, report_sections(bare, ECONOMICS))
    assert text.count("Not measured:") == 8


def shown_text(browser, folder, page, language):
    """The text that a reader sees in one language, as the browser lays it out."""
    text = page.read_text(encoding="utf-8")
    other = {"zh": "en", "en": "zh"}[language]
    text = text.replace(f'id="show-{other}" checked', f'id="show-{other}"')
    text = text.replace(f'id="show-{language}">', f'id="show-{language}" checked>')
    measure = (
        "onload=()=>{document.body.innerHTML='<pre>'+[...document.querySelectorAll("
        "'main span,main text')].filter(x=>x.getClientRects().length).map(x=>x.textContent"
        ".replace(/[<&]/g,'')).join('\\n')+'</pre>'}"
    )
    copy = folder / f"{language}.html"
    copy.write_text(text.replace("</body>", f"<script>{measure}</script></body>"), "utf-8")
    shown = chromium(browser, folder, "--dump-dom", copy.as_uri())
    return re.search(r"<pre>(.*)</pre>", shown.stdout, re.DOTALL)[1]


def test_the_page_shows_one_language_at_a_time(browser, page, tmp_path):
    chinese = shown_text(browser, tmp_path, page, "zh")
    english = shown_text(browser, tmp_path, page, "en")
    assert "委员会摘要" in chinese
    assert "Summary for the committee" not in chinese
    assert "Share of goods at or below the points" not in chinese
    assert "Summary for the committee" in english
    assert "委员会摘要" not in english
    assert "分数不高于某值的好户占比" not in english


def test_the_summary_for_the_committee_is_one_page_of_paper(browser, run, sections, tmp_path):
    summary, paper = tmp_path / "committee.html", tmp_path / "committee.pdf"
    summary.write_text(committee_html(run, sections), encoding="utf-8")
    chromium(browser, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={paper}",
             summary.as_uri())  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes())) == 1
    assert '<nav aria-label="目录' not in summary.read_text(encoding="utf-8")


def test_labels_of_twenty_bins_do_not_overlap(browser, tmp_path):
    rows = [
        BinRow(Text(f"{k * 1000}", f"{k * 1000} – <{k * 1000 + 1000}"), k, 50, 5, 0.05, 0.1,
               (k - 10) / 9, 0.05)
        for k in range(20)
    ]  # fmt: skip
    measure = (
        "onload=()=>{const b=[...document.querySelectorAll('text[lang=en]')].filter(x=>"
        "/<|–/.test(x.textContent)).map(x=>x.getBoundingClientRect()).sort((p,q)=>p.top-q.top);"
        "let n=0;for(let i=1;i<b.length;i++)if(b[i].top<b[i-1].bottom-1)n++;"
        "document.title=b.length+' '+n}"
    )
    copy = tmp_path / "bins.html"
    copy.write_text(
        f"<meta charset='utf-8'><style>[lang=zh]{{display:none}}</style><div"
        f" style='width:430px'>{Picture('bins', bins_plot(rows)).inline}</div>"
        f"<script>{measure}</script>", "utf-8",
    )  # fmt: skip
    shown = chromium(browser, tmp_path, "--dump-dom", copy.as_uri())
    assert re.search(r"<title>(.*?)<", shown.stdout)[1] == "20 0"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_the_screen_and_nothing_is_loaded_from_a_network(
    browser, page, tmp_path, width
):
    """A frame of that width measures the page inside it; the page itself has no script."""
    measure = (
        "onload=()=>{const f=document.querySelector('iframe').contentDocument;"
        "const e=f.documentElement;const small=[...f.querySelectorAll('td,th,p,text')]"
        ".filter(x=>parseFloat(getComputedStyle(x).fontSize)<8).length;"
        "document.title=[e.scrollWidth,e.clientWidth,small,"
        "f.defaultView.performance.getEntriesByType('resource').length].join(' ')}"
    )
    frame = tmp_path / "frame.html"
    inside = page.read_text(encoding="utf-8").replace("&", "&amp;").replace('"', "&quot;")
    frame.write_text(
        f'<meta charset="utf-8"><title>-</title><iframe srcdoc="{inside}"'
        f' style="border:0;width:{width}px;height:900px"></iframe><script>{measure}</script>',
        encoding="utf-8",
    )
    shown = chromium(browser, tmp_path, "--dump-dom", "--window-size=1400,1000", frame.as_uri())
    wide, visible, small, asked = map(int, re.search(r"<title>(.*?)<", shown.stdout)[1].split())
    assert visible == width
    assert wide <= visible
    assert small == 0
    assert asked == 0
    assert "CONSOLE" not in shown.stderr


def test_on_paper_no_table_runs_off_the_page(browser, page, tmp_path):
    """Laid out as wide as A4 between its margins, with the rules for print, nothing sticks out."""
    chromium(browser, tmp_path, "--no-pdf-header-footer",
             f"--print-to-pdf={tmp_path / 'report.pdf'}", page.as_uri())  # fmt: skip
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    measure = (
        "onload=()=>{document.title=[...document.querySelectorAll('table,svg,p')].filter(x=>"
        "x.getBoundingClientRect().right>document.documentElement.clientWidth+1).length}"
    )
    text = page.read_text(encoding="utf-8").replace("@media print", "@media all")
    copy = tmp_path / "paper.html"
    body = text.replace("<body>", '<body style="width:703px">')
    copy.write_text(body.replace("</body>", f"<script>{measure}</script></body>"), "utf-8")
    shown = chromium(browser, tmp_path, "--dump-dom", "--window-size=703,1000", copy.as_uri())
    assert re.search(r"<title>(.*?)<", shown.stdout)[1] == "0"


def test_heads_of_long_tables_repeat_on_paper(page):
    text = page.read_text(encoding="utf-8")
    assert "thead { display: table-header-group; }" in text
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<th" not in table or "<thead>" in table
