"""The tools that set up, lock and measure; none of these tests installs anything or needs a network."""

import datetime
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

CHECKOUT = Path(__file__).resolve().parents[2]
ICONS = CHECKOUT / "resources" / "icons"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh copy of a tool as a module."""
    spec = importlib.util.spec_from_file_location(f"tool_{name}", CHECKOUT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("system_packages", monkeypatch)


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(CHECKOUT / "tools"))
    return load("setup", monkeypatch)


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("lock", monkeypatch)


class Recorder:
    """Stands in for subprocess.run: remembers the commands, answers with `code`, and may do something."""

    def __init__(self, code: int = 0, act: Callable[[list[str]], int | None] = lambda command: None) -> None:
        self.commands: list[list[str]] = []
        self._code = code
        self._act = act

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        self.commands.append([str(part) for part in command])
        code = self._act(self.commands[-1])
        return subprocess.CompletedProcess(command, self._code if code is None else code, b"E: no", b"")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a check out"
    folder.mkdir()
    (folder / "requirements.lock").write_text("a==1\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def fake_machine(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path, pip_code: int = 0) -> Recorder:
    """A machine where making an environment makes its interpreter, and pip ends with `pip_code`."""

    def act(command: list[str]) -> int:
        if "venv" in command:
            python = setup.Environment(checkout).python
            python.parent.mkdir(parents=True)
            python.touch()
            return 0
        return pip_code if "pip" in command else 0

    recorder = Recorder(act=act)
    monkeypatch.setattr(setup.subprocess, "run", recorder)
    monkeypatch.setattr(setup, "find_interpreter", lambda: Path("python3"))
    return recorder


def pip_runs(recorder: Recorder) -> list[str]:
    return ["lock" if "--require-hashes" in command else "program" for command in recorder.commands if "pip" in command]


class TestEnvironment:
    def test_fresh_machine_gets_everything_and_the_second_run_does_nothing(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        recorder = fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        assert pip_runs(recorder) == ["lock", "program"]
        recorder.commands.clear()
        setup.Environment(checkout).ensure()
        assert recorder.commands == []

    def test_changed_project_is_installed_without_the_packages(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        recorder = fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        recorder.commands.clear()
        (checkout / "pyproject.toml").write_text("[project]\nname='x'\n")
        setup.Environment(checkout).ensure()
        assert pip_runs(recorder) == ["program"]

    def test_changed_lock_is_installed(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        recorder = fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        recorder.commands.clear()
        (checkout / "requirements.lock").write_text("a==2\n")
        setup.Environment(checkout).ensure()
        assert pip_runs(recorder) == ["lock", "program"]

    def test_failed_pip_is_reported_and_tried_again(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        fake_machine(setup, monkeypatch, checkout, pip_code=1)
        with pytest.raises(setup.SetupError, match="could not be installed; is there a network"):
            setup.Environment(checkout).ensure()
        recorder = fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        assert pip_runs(recorder) == ["lock", "program"]
        assert not any("venv" in command for command in recorder.commands)

    def test_interrupted_set_up_starts_again(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        machine = fake_machine(setup, monkeypatch, checkout)

        def killed(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
            if "--require-hashes" in command:
                raise KeyboardInterrupt
            return machine(command, **options)

        monkeypatch.setattr(setup.subprocess, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            setup.Environment(checkout).ensure()
        left_over = checkout / ".venv" / "half"
        left_over.touch()
        recorder = fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        assert not left_over.exists()
        assert pip_runs(recorder) == ["lock", "program"]

    def test_moved_checkout_gets_a_new_environment(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path, tmp_path: Path
    ) -> None:
        fake_machine(setup, monkeypatch, checkout)
        setup.Environment(checkout).ensure()
        moved = checkout.rename(tmp_path / "moved")
        recorder = fake_machine(setup, monkeypatch, moved)
        setup.Environment(moved).ensure()
        assert any("venv" in command for command in recorder.commands)
        assert pip_runs(recorder) == ["lock", "program"]

    def test_missing_venv_module_names_the_package(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, checkout: Path
    ) -> None:
        monkeypatch.setattr(setup, "find_interpreter", lambda: Path("python3"))
        monkeypatch.setattr(setup, "_runs", lambda python, code: False)
        monkeypatch.setattr(setup, "_run", lambda python, code: "3.12")
        monkeypatch.setattr(setup.system_packages, "install", lambda packages, say: False)
        with pytest.raises(setup.SetupError, match=r"Install the package python3\.12-venv"):
            setup.Environment(checkout).ensure()
        assert not (checkout / ".venv").exists()

    def test_unsupported_pythons_are_refused(self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(setup, "_runs", lambda python, code: False)
        with pytest.raises(setup.SetupError, match=r"Python 3\.11 to 3\.13 \(64 bit\) is needed"):
            setup.find_interpreter()

    def test_this_python_is_supported(self, setup: ModuleType) -> None:
        assert setup.find_interpreter().resolve() == Path(sys.executable).resolve()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages are Linux' matter")
class TestSystemPackages:
    def bare(self, packages: ModuleType, monkeypatch: pytest.MonkeyPatch, lacking: set[str]) -> None:
        """A machine that has everything but `lacking`."""

        def find(name: str, *_: object) -> object:
            if name in lacking:
                raise OSError(name)
            return object()

        monkeypatch.setattr(packages.ctypes, "CDLL", find)
        monkeypatch.setattr(packages.shutil, "which", lambda name: None if name in lacking else f"/bin/{name}")

    def test_bare_debian_lacks_what_it_lacks(self, packages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bare(
            packages,
            monkeypatch,
            {"libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libxkbcommon-x11.so.0"},
        )
        assert {item.package for item in packages.missing("run")} == {
            "libxcb-cursor0",
            "libxcb-icccm4",
            "libxcb-keysyms1",
            "libxkbcommon-x11-0",
        }
        assert packages.missing("smoke") == []

    def test_screen_libraries_are_needed_where_there_is_a_screen(self, packages: ModuleType) -> None:
        items = {item.name: item for item in packages.ITEMS}
        cursor, gl, xvfb = items["libxcb-cursor.so.0"], items["libGL.so.1"], items["Xvfb"]
        assert packages.is_needed(cursor, "run", {"DISPLAY": ":0"})
        assert packages.is_needed(cursor, "run", {"WAYLAND_DISPLAY": "wayland-0"})
        assert not packages.is_needed(cursor, "run", {})
        assert not packages.is_needed(cursor, "test", {"DISPLAY": ":0"})
        assert packages.is_needed(cursor, "build", {})
        assert packages.is_needed(gl, "test", {})
        assert packages.is_needed(xvfb, "smoke", {})

    def test_root_installs_with_apt(self, packages: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder = Recorder()
        monkeypatch.setattr(packages.subprocess, "run", recorder)
        monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
        monkeypatch.setattr(packages.shutil, "which", lambda name: f"/bin/{name}")
        said: list[str] = []
        assert packages.install(["libgl1", "libegl1"], said.append)
        (command,) = recorder.commands
        assert command[-5:] == ["install", "--yes", "--no-install-recommends", "libgl1", "libegl1"]
        assert said == ["installing libgl1 libegl1 with apt-get"]

    def test_failing_apt_is_asked_again_with_new_lists(
        self, packages: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recorder = Recorder(code=100)
        monkeypatch.setattr(packages.subprocess, "run", recorder)
        monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
        monkeypatch.setattr(packages.shutil, "which", lambda name: f"/bin/{name}")
        said: list[str] = []
        assert not packages.install(["libgl1"], said.append)
        assert ["install" in command for command in recorder.commands] == [True, False, True]
        assert said[-1] == "apt-get failed: E: no"

    def test_ordinary_user_is_told_the_packages(
        self, setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        packages = setup.system_packages
        monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
        monkeypatch.setattr(packages.shutil, "which", lambda name: None if name == "sudo" else f"/bin/{name}")
        lacking = [item for item in packages.ITEMS if item.package in ("libxcb-cursor0", "libxcb-icccm4")]
        monkeypatch.setattr(packages, "missing", lambda purpose: lacking)
        monkeypatch.setattr(setup.os, "environ", {"DISPLAY": ":0"})
        with pytest.raises(setup.SetupError, match="sudo apt-get install libxcb-cursor0 libxcb-icccm4"):
            setup.ensure_system("run", tmp_path / "tried")

    def test_no_screen_goes_on_and_says_so_once(
        self,
        setup: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        packages = setup.system_packages
        monkeypatch.setattr(packages, "install", lambda names, say: False)
        lacking = [item for item in packages.ITEMS if item.package == "libxcb-cursor0"]
        monkeypatch.setattr(packages, "missing", lambda purpose: lacking)
        monkeypatch.setattr(setup.os, "environ", {})
        for _ in range(2):
            setup.ensure_system("test", tmp_path / "tried")
        assert capsys.readouterr().out.count("libxcb-cursor0") == 1


class TestLock:
    PROJECT = """
        [project]
        dependencies = ["Good_Package>=1; sys_platform == 'linux'"]
        [project.optional-dependencies]
        dev = ["other==3"]
        """
    GOOD = "good-package==1.5 ; sys_platform == 'linux' \\\n    --hash=sha256:00\nother==3 \\\n    --hash=sha256:11\n"

    def test_the_lock_in_use_fits(self, lock: ModuleType) -> None:
        texts = [(CHECKOUT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "pyproject.toml")]
        assert lock.problems(*texts) == []

    def test_good_lock(self, lock: ModuleType) -> None:
        assert lock.problems(self.GOOD, self.PROJECT) == []

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("other==3 \\\n    --hash=sha256:11\n", "", "other is not in it"),
            ("==1.5", "==0.5", "Good_Package 0.5 does not fit"),
            ("    --hash=sha256:11\n", "", "other has no hash"),
            ("other==3", "other>=3", "not a pinned package"),
            ("good-package", "--index-url https://example.org\ngood-package", "it names an index address"),
        ],
    )
    def test_bad_lock(self, lock: ModuleType, old: str, new: str, problem: str) -> None:
        assert old in self.GOOD
        found = lock.problems(self.GOOD.replace(old, new), self.PROJECT)
        assert any(problem in text for text in found), found


def test_the_same_texts_compile_to_the_same_catalogue_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = load("translations", monkeypatch)
    path = CHECKOUT / "resources" / "translations" / "zh_CN.po"
    compiled = []
    for year in (2020, 2030):
        template = tool.extract()
        template.creation_date = datetime.datetime(year, 5, 6, tzinfo=datetime.UTC)
        compiled.append(tool.serialised(tool.updated(path, template)))
    assert compiled[0] == compiled[1]


def test_bench_puts_figures_into_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = load("bench", monkeypatch)
    figure = bench._FIGURE.match("pen to answer: p50 1.0 ms, p99 3.0 ms (200 movements; bars: p50 <= 5, p99 <= 16)")
    assert figure is not None
    assert figure.groupdict() == {
        "what": "pen to answer",
        "measured": "p50 1.0 ms, p99 3.0 ms",
        "how": "200 movements",
        "bar": "p50 <= 5, p99 <= 16",
        "met": None,
    }
    assert bench._FIGURE.match("tensorflow imported: False") is None
    assert bench.table([("a", "bb", "c"), ("1", "2", "3")]) == "| a | bb | c |\n|---|----|---|\n| 1 | 2  | 3 |"


@pytest.mark.parametrize("size", [16, 24, 32, 48, 64, 128, 256, 512])
def test_icon_has_every_size(size: int) -> None:
    with Image.open(ICONS / f"recognizer-{size}.png") as image:
        assert image.size == (size, size)
        assert image.mode == "RGBA"
        assert image.getpixel((0, 0))[3] == 0
        assert image.getpixel((size // 2, size // 10 + 1))[:3] != (0, 0, 0)


def test_icons_of_windows_and_macos_hold_several_sizes() -> None:
    with Image.open(ICONS / "recognizer.ico") as image:
        assert {(16, 16), (32, 32), (256, 256)} <= image.info["sizes"]
    with Image.open(ICONS / "recognizer.icns") as image:
        assert {width * scale for width, _, scale in image.info["sizes"]} >= {128, 256, 512}


def test_desktop_entry_names_the_program_and_its_window() -> None:
    lines = (CHECKOUT / "resources" / "recognizer.desktop").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "[Desktop Entry]"
    entries = dict(line.split("=", 1) for line in lines[1:] if line)
    assert entries["Type"] == "Application"
    assert entries["Exec"] == "recognizer"
    assert entries["Icon"] == "recognizer"
    assert entries["StartupWMClass"] == "recognizer"
    assert entries["Comment[zh_CN]"]


def test_desktop_entry_is_installed_for_the_bundle(tmp_path: Path) -> None:
    program = tmp_path / "some where" / "recognizer"
    program.parent.mkdir()
    program.touch(mode=0o755)
    done = subprocess.run(
        [sys.executable, CHECKOUT / "tools" / "install_desktop.py", "--program", program],
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path / "share")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    entry = (tmp_path / "share" / "applications" / "recognizer.desktop").read_text(encoding="utf-8")
    assert f'Exec="{program}"' in entry.splitlines()
    assert (tmp_path / "share" / "icons" / "hicolor" / "48x48" / "apps" / "recognizer.png").is_file()
    assert (tmp_path / "share" / "icons" / "hicolor" / "scalable" / "apps" / "recognizer.svg").is_file()
