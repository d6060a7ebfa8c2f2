"""What can be fetched from the network: names, sizes and checksums as published, and where they are known from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from recognizer.base.i18n import tr

_ARCHIVE: Final = "gzip.zip"


@dataclass(frozen=True, slots=True)
class Published:
    """A file as its makers published it.

    Attributes:
        name: What it is called.
        size: Bytes.
        sha256: Its checksum, hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Download:
    """A dataset that can be fetched.

    Attributes:
        name: What the command line calls it.
        n_train, n_test: How many samples it has.
        describe: Gives its title, what it is in one line, and where its samples come from, in the language in use
            when it is called.
        licence: Under which it is published; empty where its makers state none.
        files: What has to be downloaded.
        mirrors: Where these are, each ending in a slash, the best first.
        members: What is taken out of the one file, an archive; empty where the files are used as they are.
        classes: What the classes are called, in the order of their numbers; empty where the files say it.
    """

    name: str
    n_train: int
    n_test: int
    describe: Callable[[], tuple[str, str, str]]
    licence: str
    files: tuple[Published, ...]
    mirrors: tuple[str, ...]
    members: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.describe()[0]

    @property
    def summary(self) -> str:
        """What it is, in one line."""
        return self.describe()[1]

    @property
    def source(self) -> str:
        """Where its samples come from."""
        return self.describe()[2]

    @property
    def download_bytes(self) -> int:
        """How much has to be downloaded where nothing of it is at hand."""
        return sum(file.size for file in self.files)


# Sizes and SHA-256: tensorflow/datasets, tensorflow_datasets/url_checksums/fashion_mnist.txt. The names of the classes
# and the licence: README of zalandoresearch/fashion-mnist.
_FASHION: Final = (
    Published(
        "train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
    ),
    Published("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    Published(
        "t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
    ),
    Published("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)
# Sizes and SHA-256: tensorflow/datasets, tensorflow_datasets/url_checksums/kmnist.txt. The licence is in the README of
# rois-codh/kmnist, the order of the classes in torchvision/datasets/mnist.py of pytorch/vision.
_KUZUSHIJI: Final = (
    Published(
        "train-images-idx3-ubyte.gz", 18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"
    ),
    Published("train-labels-idx1-ubyte.gz", 29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
    Published(
        "t10k-images-idx3-ubyte.gz", 3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"
    ),
    Published("t10k-labels-idx1-ubyte.gz", 5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
)
# Size and SHA-256: tensorflow/datasets, tensorflow_datasets/url_checksums/emnist.txt. MD5, names of the parts and of
# their files: torchvision/datasets/mnist.py of pytorch/vision. How many samples: Cohen et al. 2017, arXiv:1702.05373.
_EMNIST: Final = (Published(_ARCHIVE, 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),)
_EMNIST_MIRRORS: Final = (
    "https://biometrics.nist.gov/cs_links/EMNIST/",
    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
)


def _emnist(part: str, n_train: int, n_test: int, words: Callable[[], tuple[str, str]]) -> Download:
    """One of the six datasets in EMNIST's archive; `words` gives its title and its summary."""
    name = f"emnist-{part}"
    kinds = [f"{split}-{kind}-ubyte.gz" for split in ("train", "test") for kind in ("images-idx3", "labels-idx1")]
    return Download(
        name,
        n_train,
        n_test,
        lambda: (
            *words(),
            tr("Cohen, Afshar, Tapson and van Schaik: EMNIST, made from NIST Special Database 19 (arXiv:1702.05373)"),
        ),
        "",
        _EMNIST,
        _EMNIST_MIRRORS,
        members=(*(f"{name}-{kind}" for kind in kinds), f"{name}-mapping.txt"),
    )


DOWNLOADS: Final[dict[str, Download]] = {
    download.name: download
    for download in (
        Download(
            "fashion-mnist",
            60_000,
            10_000,
            lambda: (
                tr("Fashion-MNIST"),
                tr("70,000 small pictures of clothes, shoes and bags; no handwriting, but harder than MNIST"),
                tr("Xiao, Rasul and Vollgraf: Fashion-MNIST, from Zalando's articles (arXiv:1708.07747)"),
            ),
            "MIT",
            _FASHION,
            (
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
            classes=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
        ),
        Download(
            "kmnist",
            60_000,
            10_000,
            lambda: (
                tr("Kuzushiji-MNIST"),
                tr("70,000 characters of ten classes from old Japanese books"),
                tr(
                    "KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created by NIJL and others), "
                    "doi:10.20676/00000341"
                ),
            ),
            "CC BY-SA 4.0",
            _KUZUSHIJI,
            ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"),
            classes=tuple("おきすつなはまやれを"),
        ),
        _emnist(
            "balanced",
            112_800,
            18_800,
            lambda: (tr("EMNIST balanced"), tr("131,600 digits and letters, as many of each; 47 classes")),
        ),
        _emnist(
            "letters",
            124_800,
            20_800,
            lambda: (tr("EMNIST letters"), tr("145,600 letters; upper and lower case share a class")),
        ),
        _emnist(
            "digits",
            240_000,
            40_000,
            lambda: (tr("EMNIST digits"), tr("280,000 digits, as many of each")),
        ),
        _emnist(
            "byclass",
            697_932,
            116_323,
            lambda: (tr("EMNIST by class"), tr("814,255 digits, upper and lower case letters; 62 classes")),
        ),
        _emnist(
            "bymerge",
            697_932,
            116_323,
            lambda: (tr("EMNIST by merge"), tr("814,255 digits and letters; cases of one shape share a class")),
        ),
        _emnist(
            "mnist",
            60_000,
            10_000,
            lambda: (tr("EMNIST's MNIST"), tr("70,000 digits, made in the way of EMNIST")),
        ),
    )
}
