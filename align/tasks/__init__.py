"""What a joint space is good for: word similarity, analogies, sentences; with readers of files."""

from align.tasks.analogies import Analogies, Category, analogies
from align.tasks.files import (
    Questions,
    Sentences,
    TaskFormatError,
    TaskRecord,
    WordPairs,
    read_pairs,
    read_questions,
    read_sentences,
)
from align.tasks.sentences import Retrieved, SentenceScores, sentences
from align.tasks.similarity import Similarity, similarity

__all__ = [
    "Analogies",
    "Category",
    "Questions",
    "Retrieved",
    "SentenceScores",
    "Sentences",
    "Similarity",
    "TaskFormatError",
    "TaskRecord",
    "WordPairs",
    "analogies",
    "read_pairs",
    "read_questions",
    "read_sentences",
    "sentences",
    "similarity",
]
