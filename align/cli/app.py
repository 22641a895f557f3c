"""The `align` command: its manual, and errors in one line."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from align.cli.analogies import analogies_command
from align.cli.apply import apply
from align.cli.batch import batch
from align.cli.cache import cache
from align.cli.compare import compare
from align.cli.diagnose import diagnose
from align.cli.download import download
from align.cli.encode import encode
from align.cli.evaluate import evaluate
from align.cli.joint import joint
from align.cli.lexicon import lexicon
from align.cli.progress import note
from align.cli.refine import refine
from align.cli.report import report
from align.cli.sentences import sentences_command
from align.cli.similarity import similarity_command
from align.cli.supervised import supervised
from align.cli.translate import translate
from align.cli.unsupervised import unsupervised


class Notes(logging.Handler):
    """Tells what the library logs on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one message."""
        note(record.getMessage())


class Manual(click.Group):
    """A group that reports known errors in one line and lists its commands in working order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Keep the order in which the commands are used."""
        return list(self.commands)

    def main(  # type: ignore[override]  # click overloads on standalone_mode
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,  # noqa: ANN401  # click's own
    ) -> Any:  # noqa: ANN401
        """Run a command; exit with 2 for wrong usage, 1 for any other known error."""
        if not logging.getLogger("align").handlers:
            logging.getLogger("align").addHandler(Notes(logging.INFO))
            logging.getLogger("align").setLevel(logging.INFO)
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **extra)
        for name in ("SIGTERM", "SIGHUP"):  # of a cluster, of a closed terminal: clean up as well
            with suppress(AttributeError, ValueError):  # not on Windows, not in a thread
                if signal.getsignal(number := getattr(signal, name)) is signal.SIG_DFL:  # no nohup
                    signal.signal(number, _stop)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(2)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "align"
            fail(f"{error.format_message().rstrip('.')}; see {command} --help", code=2)
        except click.ClickException as error:
            fail(error.format_message())
        except (click.Abort, KeyboardInterrupt):
            fail("stopped; nothing was left half-written", code=130)
        except BrokenPipeError:  # the reader of our output has seen enough, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except MemoryError:
            fail("out of memory; read fewer words with --max-vocab")
        except (ValueError, OSError, ImportError) as error:
            if os.environ.get("ALIGN_TRACEBACK"):
                raise
            fail(str(error))
        sys.exit(code if isinstance(code, int) else 0)


def run() -> NoReturn:
    """Run the command of this process, and end it without taking torch apart, which is slow."""
    # torch, FAISS, BLAS and our kernels take turns: none may keep a core busy with waiting
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        main()
        code = 0
    except SystemExit as error:
        if isinstance(error.code, str):
            click.echo(error.code, err=True)
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except AttributeError:  # closed by the caller
            continue
        except OSError:  # what was printed is lost
            code = code or 1
    os._exit(code)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def fail(message: str, code: int = 1) -> NoReturn:
    """Print one line to stderr and exit."""
    click.echo(f"align: error: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(cls=Manual, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="align-embeddings", prog_name="align")
def main() -> None:
    """Put the word vectors of two languages in one space, so that a word's translation is its
    nearest neighbour.

    \b
    First minute, with the sample vectors shipped in the package:
      align diagnose en fr                        will it work, and how
      align supervised en fr                      learn a map, score it, keep the run
      align translate runs/en-fr-supervised house ask it
    \b
    Full vectors and dictionaries, as fastText and MUSE publish them, into the data home:
      align download en fr --max-vocab 200000 --dictionaries
    \b
    Your own vectors (fastText, word2vec or GloVe text, .npz, .safetensors) and dictionary:
      align supervised wiki.en.vec wiki.fr.vec --train en-fr.txt --test en-fr.test.txt
    \b
    No dictionary, but a script in common:
      align supervised en fr --seeds identical    the words spelled alike are the seeds
      align unsupervised en fr                    no dictionary; judged without one
    \b
    Three languages or more, all in one space:
      align joint en fr es de                     by a hub, the one that fits best
    \b
    Then, with a run:
      align evaluate RUN                          all its scores; --test FILE on another dictionary
      align compare RUN RUN                       which is better, and is it chance?
      align similarity RUN FILE...                and on word pairs, before and after mapping
      align analogies RUN FILE                    on analogies
      align sentences RUN SRC_FILE TGT_FILE       on sentences and their translations
      align report RUN... -o page.html            a page with figures and errors, or tables
      align refine RUN --rounds 5                 go on from it
      align lexicon RUN -o en-fr.tsv              induce a dictionary
      align lexicon RUN -o - --audit              list seed pairs that are probably wrong
      align apply RUN -o en.mapped.vec            map a file of vectors of any size
      align cache                                 what is kept of text files read before
    \b
    Vectors from a model on disk (mBERT, XLM-R, NLLB, ...):
      align encode words.txt --model FOLDER -o en.safetensors

    A language code as SRC or TGT is looked up in the data home (--data-home, else $ALIGN_HOME,
    else the user data folder of your platform) as wiki.CODE.vec, cc.CODE.300.vec or CODE.vec,
    plain or .gz; dictionaries there are SRC-TGT.0-5000.txt (training) and SRC-TGT.5000-6500.txt
    (test). Anything else is a path.

    Results go to stdout; notes, progress and errors to stderr. Exit code 0: done; 1: an error, or
    a word that is not in the vocabulary; 2: wrong usage. With ALIGN_TRACEBACK=1 an error shows
    where it came from.

    \b
    Shell completion (bash; for zsh and fish put their name in place of bash):
      eval "$(_ALIGN_COMPLETE=bash_source align)"
    """  # noqa: D205  # click prints the first paragraph as one


for command in (
    download,
    diagnose,
    supervised,
    unsupervised,
    joint,
    batch,
    translate,
    evaluate,
    compare,
    similarity_command,
    analogies_command,
    sentences_command,
    report,
    refine,
    lexicon,
    apply,
    encode,
    cache,
):
    main.add_command(command)
