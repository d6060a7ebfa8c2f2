"""What the command line understands."""

import argparse
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from recognizer import __version__
from recognizer.base.i18n import tr
from recognizer.library.exporting.formats import FORMATS
from recognizer.library.published import DOWNLOADS
from recognizer.training.config import BASELINES, OPTIMIZERS, SCHEDULES, TrainingConfig
from recognizer.training.presets import PRESETS

_SPLITS: Final = ("train", "validation", "test")
_FOLDERS_ARE: Final = ("classes", "writers")
SHIPPED_AS: Final = ("keras", "litert", "litert-int8", "onnx", "savedmodel")
"""What models are exported as; `recognizer.training.shipping.formats` has the same, but takes longer to import."""
Add = Callable[[str, str], argparse.ArgumentParser]
"""Adds a command of that name, and says what it does."""


def make_parser() -> argparse.ArgumentParser:
    """The parser, its help in the language in use; what it gives names the command, `gui` where none is."""
    shared = argparse.ArgumentParser(add_help=False)
    _add_shared(shared, default=argparse.SUPPRESS)
    parser = argparse.ArgumentParser(
        prog="recognizer",
        usage="recognizer [-h] [--version] [--profile DIR] [--json] [COMMAND ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"recognizer {__version__}")
    _add_shared(parser, default=None)
    parser.set_defaults(command="gui")
    # The commands are listed in groups above the options, which argparse cannot do.
    commands = parser.add_subparsers(prog="recognizer", metavar="COMMAND", help=argparse.SUPPRESS)
    lines = [tr("Reads handwritten digits, and learns to.")]

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[shared], description=text)
        command.set_defaults(command=name)
        lines.append(_listed(name, text))
        return command

    for title, add_some in (
        (tr("See it at work"), _add_window),
        (tr("Read handwriting"), _add_reading),
        (tr("Keep samples"), _add_library),
        (tr("Train models"), _add_training),
        (tr("More"), _add_others),
    ):
        lines += ["", f"{title}:"]
        add_some(add, shared)
    parser.description = "\n".join(lines)
    parser.epilog = tr("`recognizer COMMAND --help` says more about each.")
    return parser


def _listed(name: str, text: str) -> str:
    width = max(40, shutil.get_terminal_size().columns - 2)
    head = f"  {name:<11} "
    return textwrap.fill(text, width, initial_indent=head, subsequent_indent=" " * len(head))


def _add_window(add: Add, shared: argparse.ArgumentParser) -> None:
    add("gui", tr("open the window; what happens without a command"))
    command = add("demo", tr("play the main job in the real window, without a display"))
    command.add_argument("--out", type=Path, default=Path("demo.png"), help=tr("the picture to leave"))


def _add_reading(add: Add, shared: argparse.ArgumentParser) -> None:
    command = add("predict", tr("read one symbol from each picture, or from each drawing of an ink file"))
    command.add_argument("files", nargs="+", type=Path, metavar="IMAGE|INK", help=_symbols_help())
    command.add_argument(
        "--explain",
        action="store_true",
        help=tr("also say what the answer is without each step of the preprocessing, such as centring"),
    )
    _add_model(command)

    command = add("read", tr("read every number and expression on photos and in drawings"))
    command.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="IMAGE|INK",
        help=tr("pictures, or ink files: InkML, UNIPEN or stroke .npz"),
    )
    _add_model(command)

    command = add("evaluate", tr("judge a model on labelled data"))
    command.add_argument("data", metavar="DATA", help=_data_help())
    command.add_argument(
        "--split",
        choices=(*_SPLITS, "all"),
        help=tr("which part; the test split where there is one, else everything"),
    )
    command.add_argument(
        "--robustness",
        action="store_true",
        help=tr("also on pictures made worse: noise, blur, tilt, shift, other pens, each at several strengths"),
    )
    _add_model(command)

    command = add("explain", tr("leave a picture of what a model looks at, or work out one number of its layers"))
    command.add_argument("model", metavar="MODEL", help=tr("a model's id, or its folder; see `recognizer models`"))
    command.add_argument("file", type=Path, metavar="IMAGE|INK", help=_symbols_help())
    command.add_argument("--class", dest="label", metavar="C", help=tr("which class; what is read if not given"))
    command.add_argument("--rather-than", dest="rival", metavar="C", help=tr("what speaks for the class and not for C"))
    command.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help=tr("the PNG picture to leave: orange speaks for the class, blue against"),
    )
    command.add_argument(
        "--method",
        choices=("occlusion", "grad-cam"),
        default="occlusion",
        help=tr("cover parts and ask again, or follow the gradients to the last convolutions; usually %(default)s"),
    )
    command.add_argument(
        "--layer", type=int, metavar="N", help=tr("the step to work out; all are listed without this and --to")
    )
    command.add_argument(
        "--filter",
        type=int,
        metavar="F",
        help=tr("its filter, map or unit, counted from 1; the strongest if not given"),
    )
    command.add_argument(
        "--at", metavar="ROW,COL", help=tr("the pixel of what comes out, counted from 1; the strongest if not given")
    )


def _add_library(add: Add, shared: argparse.ArgumentParser) -> None:
    command = add("import", tr("take samples of any kind into a dataset of the library"))
    command.add_argument("data", nargs="+", metavar="DATA", help=_import_help())
    command.add_argument("--into", metavar="NAME", help=tr("the dataset, which is made where there is none"))
    command.add_argument("--label", metavar="L", help=tr("what samples show of which the data does not say it"))
    command.add_argument(
        "--split", choices=_SPLITS, help=tr("what all samples are used for; as the data says, else for training")
    )
    command.add_argument("--writer", metavar="W", help=tr("who wrote samples of which the data does not say it"))
    command.add_argument(
        "--folders",
        choices=_FOLDERS_ARE,
        default=_FOLDERS_ARE[0],
        help=tr("what folders of pictures are named after, usually %(default)s"),
    )
    sides = command.add_mutually_exclusive_group()
    sides.add_argument(
        "--transposed",
        dest="is_transposed",
        action="store_const",
        const=True,
        help=tr("the pictures lie on their side, as EMNIST's do, and are to be turned"),
    )
    sides.add_argument(
        "--not-transposed", dest="is_transposed", action="store_const", const=False, help=tr("they do not")
    )
    command.add_argument(
        "--keep-duplicates", action="store_true", help=tr("also take in what the dataset has exact copies of")
    )
    command.add_argument("--preview", action="store_true", help=tr("only say what would come"))

    command = add("export", tr("write a dataset, or some of its samples, to a file that others can read"))
    command.add_argument("name", metavar="NAME", help=tr("the dataset, such as my-handwriting"))
    command.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help=tr("the file to write, or a folder for IDX files")
    )
    command.add_argument(
        "--format", choices=tuple(FORMATS), help=tr("what to write; what the file's ending says if not given")
    )
    _add_filter(command, tr("which samples; all if not given"))

    command = add("keep", tr("keep symbols in My handwriting, with their label"))
    command.add_argument("files", nargs="+", type=Path, metavar="IMAGE|INK", help=_symbols_help())
    command.add_argument("--label", help=tr("what they are; what the ink files say if not given"))

    command = add("sheet", tr("print sheets on which others write symbols, to be photographed and imported"))
    command.add_argument(
        "--symbols", default="0123456789", help=tr("what is to be written: characters, or words between blanks")
    )
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=tr("a .pdf or .png file"))
    command.add_argument("--copies-each", type=int, default=10, metavar="N", help=tr("boxes of each, usually 10"))
    command.add_argument("--paper", choices=("A4", "Letter"), default="A4", help=tr("usually A4"))
    command.add_argument("--title", default="", help=tr("printed on top"))
    command.add_argument(
        "--writers",
        default="",
        metavar="NAMES|FILE|N",
        help=tr(
            "a sheet for each writer, with a name that comes back with the photo: names with commas between them, a "
            "text file with one in each line, or how many numbered sheets; usually one sheet for all"
        ),
    )

    _add_actions(add("library", tr("look after the library: see what is there, correct it, undo, back up")), shared)


def _add_actions(library: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """What can be done to the library."""
    actions = library.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str, *, has_name: bool = False) -> argparse.ArgumentParser:
        action = actions.add_parser(name, parents=[shared], help=text, description=text)
        action.set_defaults(action=name)
        if has_name:
            action.add_argument("name", metavar="NAME", help=tr("the dataset"))
        return action

    add("list", tr("say which datasets there are, and which deleted ones can be brought back"))
    action = add("stats", tr("say what is in a dataset, and what may be wrong with it"), has_name=True)
    action.add_argument("--html", type=Path, metavar="FILE", help=tr("write a report with pictures, too"))
    _add_filter(action, tr("which samples; all if not given"))

    action = add("relabel", tr("say anew what samples are"), has_name=True)
    _add_filter(action, tr("which samples"), required=True)
    action.add_argument("--label", required=True, metavar="L", help=tr("what they are; empty for no label"))
    action = add("split", tr("divide a dataset into training, validation and test"), has_name=True)
    for split in _SPLITS:
        action.add_argument(
            f"--{split}", type=float, metavar="SHARE", help=tr("0 to 1; 0.8, 0.1 and 0.1 where none is given")
        )
    action.add_argument(
        "--by",
        choices=("sample", "writer", "source"),
        default="sample",
        help=tr("what is not torn apart; usually sample"),
    )
    action.add_argument("--seed", type=int, default=0, help=tr("of the draw, usually %(default)s"))
    _add_filter(action, tr("which samples are divided; all if not given"))
    action = add(
        "read", tr("let a model read the samples, so that is:wrong finds those it takes for others"), has_name=True
    )
    _add_model(action)
    _add_filter(action, tr("which samples; all if not given"))
    action = add("classes", tr("say which classes a dataset has; rename, merge and order them"), has_name=True)
    action.add_argument("--rename", nargs=2, metavar=("OLD", "NEW"), help=tr("call a class otherwise"))
    action.add_argument("--merge", nargs="+", metavar="LABEL", help=tr("make these classes one, that of --into"))
    action.add_argument("--into", metavar="LABEL", help=tr("what merged classes become"))
    action.add_argument("--order", nargs="+", metavar="LABEL", help=tr("which come first"))
    action = add("rename", tr("give a dataset another title"), has_name=True)
    action.add_argument("title", metavar="TITLE", help=tr("what people call it; its name stays"))
    action = add(
        "delete", tr("delete a dataset, or some of its samples; for 30 days they can be brought back"), has_name=True
    )
    _add_filter(action, tr("which samples; the whole dataset if not given"))
    action = add("undelete", tr("bring back a deleted dataset, or the deleted samples of one"), has_name=True)
    _add_filter(action, tr("which of the deleted samples; all if not given"))

    add("undo", tr("take back the latest edit"))
    add("redo", tr("do again what was taken back last"))
    action = add("history", tr("say what was done last"))
    action.add_argument("n", nargs="?", type=int, default=20, metavar="N", help=tr("how many edits, usually 20"))

    add("check", tr("look for damage in every sample; the exit code is 1 where there is some"))
    add("repair", tr("mend what is damaged, from the backups where that is possible"))
    action = add("backup", tr("make a backup now"))
    action.add_argument("--list", action="store_true", help=tr("only say which backups there are"))
    action = add("restore", tr("put a backup in the place of the library, which is kept aside"))
    action.add_argument(
        "name", nargs="?", default="", metavar="NAME", help=tr("which; the newest good one if not given")
    )


def _add_training(add: Add, shared: argparse.ArgumentParser) -> None:
    usual = TrainingConfig()
    command = add("train", tr("train a model and keep it in the profile"))
    command.add_argument("--data", required=True, metavar="DATA", help=_data_help())
    network = command.add_mutually_exclusive_group(required=True)
    network.add_argument("--preset", choices=(*PRESETS, *BASELINES), help=tr("the network, or a method without one"))
    network.add_argument(
        "--network", metavar="NAME", help=tr("a network of your own: its name, or a JSON file with its layers")
    )
    command.add_argument("--epochs", type=int, help=tr("how often all samples are seen; as usual for the preset"))
    command.add_argument("--batch-size", type=int, help=tr("samples a step; as usual for the preset"))
    command.add_argument("--learning-rate", type=float, help=tr("as usual for the preset"))
    command.add_argument("--optimizer", choices=OPTIMIZERS, default=usual.optimizer, help=tr("usually %(default)s"))
    command.add_argument("--seed", type=int, default=usual.seed, help=tr("of everything random, usually %(default)s"))
    command.add_argument(
        "--validation-share",
        type=float,
        default=usual.validation_share,
        help=tr("share of the training split that is held out, usually %(default)s"),
    )
    command.add_argument(
        "--schedule", choices=SCHEDULES, help=tr("how the learning rate changes; as usual for the preset")
    )
    command.add_argument("--momentum", type=float, default=usual.momentum, help=tr("of sgd, usually %(default)s"))
    command.add_argument("--class-weights", action="store_true", help=tr("let rare classes count for more"))
    command.add_argument(
        "--label-smoothing",
        type=float,
        default=usual.label_smoothing,
        help=tr("share of each target that is spread over all classes, usually %(default)s"),
    )
    command.add_argument(
        "--patience",
        type=int,
        default=usual.patience,
        help=tr("end after so many epochs without a better result; usually %(default)s, which is never"),
    )
    command.add_argument(
        "--deterministic", action="store_true", help=tr("the same weights to the last bit every time; slower")
    )
    command.add_argument(
        "--augment",
        action="store_true",
        help=tr("vary the training pictures as handwriting varies, anew in each epoch"),
    )

    _add_run_actions(add("runs", tr("look after the runs: list, compare, name and delete them")), shared)

    command = add("finetune", tr("train a model further on My handwriting"))
    _add_model(command)

    command = add("models", tr("list the models"))
    command.add_argument("--delete", metavar="ID", help=tr("delete this model first; it must have been trained here"))
    _add_model_actions(command, shared)


def _add_model_actions(models: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """What can be done to models beside listing them."""
    models.set_defaults(action=None)
    actions = models.add_subparsers(dest="action", metavar="ACTION")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, parents=[shared], help=text, description=text)
        action.set_defaults(action=name)
        return action

    action = add("export", tr("write a model for other programs, and try what was written"))
    action.add_argument("model", metavar="ID", help=tr("a model's id, or its folder; see `recognizer models`"))
    action.add_argument(
        "--format", choices=SHIPPED_AS, help=tr("for which programs; all, in a folder each, if not given")
    )
    action.add_argument(
        "--to", type=Path, metavar="DIR", help=tr("a new folder, or a .zip file; named after the model if not given")
    )
    action = add("card", tr("write what is known of a model as one HTML page"))
    action.add_argument("model", metavar="ID", help=tr("a model's id, or its folder; see `recognizer models`"))
    action.add_argument("--to", type=Path, required=True, metavar="FILE", help=tr("the .html file to write"))
    action = add("import", tr("take in a .keras file from elsewhere without running anything that is in it"))
    action.add_argument("file", metavar="FILE", help=tr("the .keras file"))
    action.add_argument(
        "--labels",
        metavar="LABELS",
        help=tr("what its outputs stand for, in their order: characters, or words between blanks; usually the digits"),
    )
    action.add_argument("--data", metavar="DATA", help=tr("judge it on this data, too"))
    action = add("rename", tr("give a model another title"))
    action.add_argument("model", metavar="ID", help=tr("a model that was trained here; its id stays"))
    action.add_argument("title", metavar="TITLE", help=tr("what people call it"))
    action = add("delete", tr("delete a model; its run stays in the list of runs"))
    action.add_argument("model", metavar="ID", help=tr("a model that was trained here"))


def _add_run_actions(runs: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """What can be done to training runs."""
    actions = runs.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str, *wanted: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, parents=[shared], help=text, description=text)
        action.set_defaults(action=name)
        for place in wanted:
            action.add_argument(place, metavar="RUN", help=tr("a run's id or name; see `recognizer runs list`"))
        return action

    action = add("list", tr("list the runs, the newest first"))
    action.add_argument(
        "--filter",
        default="",
        metavar="LINE",
        help=tr("only those with these words, such as: cnn accuracy:>98 epochs:<5 -state:failed"),
    )
    orders = "name, data, epochs, batch, rate, optimiser, accuracy, time, date, state, note"
    action.add_argument("--sort", metavar="KEY", help=tr("by one of {keys}", keys=orders))
    action.add_argument("--reverse", action="store_true", help=tr("the largest or latest first"))
    action = add("show", tr("say what is known of a run, or what its network was after an epoch"), "run")
    action.add_argument("--epoch", type=int, metavar="N", help=tr("after which epoch; its result if not given"))
    action.add_argument(
        "--read",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help=tr("pictures or ink files: how its network read them after the epoch, or after its best one"),
    )
    action = add("compare", tr("say how two runs differ, and on which samples"), "first", "second")
    action.add_argument("others", nargs="*", metavar="RUN", help=tr("further runs, each beside the first"))
    action = add("resume", tr("go on with a run that was interrupted"), "run")
    action.add_argument(
        "--data", metavar="DATA", help=tr("what it was trained on, where that has no name in the library")
    )
    action = add("rename", tr("give a run a name or a note"), "run")
    action.add_argument("--name", metavar="NAME", help=tr("what it is called; empty for no name"))
    action.add_argument("--note", metavar="TEXT", help=tr("what there is to remember; empty for no note"))
    action = add("delete", tr("delete runs; the models that came of them stay"))
    action.add_argument("runs", nargs="+", metavar="RUN", help=tr("a run's id or name; see `recognizer runs list`"))


def _add_others(add: Add, shared: argparse.ArgumentParser) -> None:
    command = add("convert", tr("write the drawings of an ink file as another kind"))
    command.add_argument("file", type=Path, metavar="INK", help=tr("an InkML, UNIPEN or stroke .npz file"))
    command.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FILE",
        help=tr("where to; its ending says what it becomes: .inkml, .unp or .npz"),
    )

    command = add("synthesize", tr("leave a picture of synthetic handwriting to look at"))
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=tr("the PNG picture to leave"))
    command.add_argument(
        "--symbols",
        choices=("digits", "letters", "operators", "others"),
        default="digits",
        help=tr("what is written; others are no digits, as a model learns to reject them"),
    )
    command.add_argument("--seed", type=int, default=1, help=tr("of everything random, usually %(default)s"))

    add("doctor", tr("check that everything is there and works"))


def _add_shared(parser: argparse.ArgumentParser, default: Any) -> None:
    """The options that may stand before and after the command."""
    parser.add_argument(
        "--profile",
        metavar="DIR",
        default=default,
        help=tr("where your datasets, runs and models are; your platform's data folder if not given"),
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=default if default is argparse.SUPPRESS else False,
        help=tr("print one JSON document on stdout"),
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="ID", help=tr("a model's id, or its folder; see `recognizer models`"))


def _data_help() -> str:
    return tr(
        "mnist, uci-digits, synthetic or my-handwriting, or another dataset of the library; or a folder with IDX "
        "files, a folder per class of pictures, .npz with x and y, .csv with label and pixels, an InkML, UNIPEN or "
        "stroke .npz file, a folder of ink files, or a ZIP of one of these"
    )


def _import_help() -> str:
    return tr(
        "files and folders: pictures, also of printed sheets, a folder per class, IDX, CSV, .npz, .npy, Parquet, "
        "InkML, UNIPEN, stroke .npz, or a ZIP of these; or the name of a dataset: {names}, or one of the library",
        names=", ".join(("mnist", *DOWNLOADS, "uci-digits", "synthetic")),
    )


def _add_filter(parser: argparse.ArgumentParser, text: str, *, required: bool = False) -> None:
    text = tr("{what}, such as {examples}", what=text, examples='"label:4,9 split:test" is:wrong -flag:excluded')
    parser.add_argument("--filter", required=required, metavar="FILTER", help=text)


def _symbols_help() -> str:
    return tr("pictures, or ink files: InkML, UNIPEN or stroke .npz")
