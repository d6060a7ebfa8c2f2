"""What the command line understands."""

import argparse
from pathlib import Path
from typing import Any

from recognizer import __version__
from recognizer.base.i18n import tr
from recognizer.training.config import OPTIMIZERS, TrainingConfig
from recognizer.training.presets import PRESETS


def make_parser() -> argparse.ArgumentParser:
    """The parser, its help in the language in use; what it gives names the command, `gui` where none is."""
    shared = argparse.ArgumentParser(add_help=False)
    _add_shared(shared, default=argparse.SUPPRESS)
    parser = argparse.ArgumentParser(prog="recognizer", description=tr("Reads handwritten digits, and learns to."))
    parser.add_argument("--version", action="version", version=f"recognizer {__version__}")
    _add_shared(parser, default=None)
    parser.set_defaults(command="gui")
    commands = parser.add_subparsers(metavar=tr("COMMAND"))

    def add(name: str, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, parents=[shared], help=text, description=text)
        command.set_defaults(command=name)
        return command

    add("gui", tr("open the window; what happens without a command"))
    command = add("demo", tr("play the main job in the real window, without a display"))
    command.add_argument("--out", type=Path, default=Path("demo.png"), help=tr("the picture to leave"))

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
        choices=("train", "validation", "test", "all"),
        help=tr("which part; the test split where there is one, else everything"),
    )
    _add_model(command)

    usual = TrainingConfig()
    command = add("train", tr("train a model and keep it in the profile"))
    command.add_argument("--data", required=True, metavar="DATA", help=_data_help())
    command.add_argument("--preset", required=True, choices=tuple(PRESETS), help=tr("the network"))
    command.add_argument("--epochs", type=int, help=tr("how often all samples are seen; as usual for the preset"))
    command.add_argument("--batch-size", type=int, help=tr("samples a step; as usual for the preset"))
    command.add_argument("--learning-rate", type=float, default=usual.learning_rate, help=tr("usually %(default)s"))
    command.add_argument("--optimizer", choices=OPTIMIZERS, default=usual.optimizer, help=tr("usually %(default)s"))
    command.add_argument("--seed", type=int, default=usual.seed, help=tr("of everything random, usually %(default)s"))
    command.add_argument(
        "--validation-share",
        type=float,
        default=usual.validation_share,
        help=tr("share of the training split that is held out, usually %(default)s"),
    )

    command = add("finetune", tr("train a model further on My handwriting"))
    _add_model(command)

    command = add("keep", tr("keep symbols in My handwriting, with their label"))
    command.add_argument("files", nargs="+", type=Path, metavar="IMAGE|INK", help=_symbols_help())
    command.add_argument("--label", help=tr("what they are; what the ink files say if not given"))

    command = add("export", tr("write the drawings of My handwriting as an ink file"))
    command.add_argument("name", metavar="NAME", help=tr("my-handwriting"))
    command.add_argument("--to", type=Path, required=True, metavar="FILE", help=tr("an .inkml, .unp or .npz file"))

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

    command = add("models", tr("list the models"))
    command.add_argument("--delete", metavar="ID", help=tr("delete this model first; it must have been trained here"))
    add("doctor", tr("check that everything is there and works"))
    return parser


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
        "mnist, uci-digits, synthetic or my-handwriting; or a folder with IDX files, a folder per class of pictures, "
        ".npz with x and y, .csv with label and pixels, an InkML, UNIPEN or stroke .npz file, a folder of ink files, "
        "or a ZIP of one of these"
    )


def _symbols_help() -> str:
    return tr("pictures, or ink files: InkML, UNIPEN or stroke .npz")
