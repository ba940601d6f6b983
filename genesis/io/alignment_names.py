"""Names of samples from the paths of their alignment files, as featureCounts lists them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

__all__ = ["samples_of_alignments"]

_ENDING = re.compile(r"\.(bam|sam|cram)$", re.IGNORECASE)
# What STAR puts behind the prefix of its output, and what was done to the file since.
_STAR = re.compile(r"[._-]?Aligned(\.[A-Za-z]+)*\.out(\.[A-Za-z.]+)?$")
_STEPS = re.compile(
    r"([._-](sorted|sort|sortedByCoord|srt|dedup|dedupped|rmdup|markdup|markdups|mkdup|md|nodup|"
    r"primary|unique|uniq|filtered|umi_dedup))+$",
    re.IGNORECASE,
)


def samples_of_alignments(paths: Sequence[str], known: Collection[str]) -> list[str]:
    """Name samples by the files of their alignments, or by the folders that hold them.

    Tried are the name of the file without its ending, without STAR's and without steps such as
    ``.sorted``, and the folders above it, from the innermost on. Of the ways that tell all samples
    apart the one is taken that gives most ids of the genotyped samples; where none is known, the
    file's name without STAR's ending, or else the folder.

    Parameters
    ----------
    paths : sequence of str
        As the header has them.
    known : collection of str
        Ids of the genotyped samples, maybe none.

    Returns
    -------
    list of str
        One a path; where nothing tells them apart, the file names.

    Examples
    --------
    >>> samples_of_alignments(["/a/S1/Aligned.sortedByCoord.out.bam",
    ...     "/a/S2/Aligned.sortedByCoord.out.bam"], [])
    ['S1', 'S2']
    >>> samples_of_alignments(["S1.Aligned.sortedByCoord.out.bam"], [])
    ['S1']
    """
    # Windows separates folders by backslashes.
    split = [PurePosixPath(path.replace("\\", "/")) for path in paths]
    files = [_ENDING.sub("", path.name) for path in split]
    without_star = [_STAR.sub("", name) for name in files]
    ways = [without_star, files, [_STEPS.sub("", name) for name in without_star]]
    depth = min((len(path.parents) for path in split), default=1) - 1
    ways += [[path.parents[up].name for path in split] for up in range(depth)]
    apart = [names for names in ways if all(names) and len(set(names)) == len(names)]
    if not apart:
        return files
    return max(apart, key=lambda names: sum(name in known for name in names))
