"""The graph of the included candidates: cycles, and ancestors counted: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import inlined_kernel, kernel

_ONE = np.uint64(1)
_WORD = 64


@kernel
def is_ancestor(parent_gene, included, size, first, second, but, seen, stack):
    """Whether a path leads from gene `first` to gene `second` in the graph.

    Parameters
    ----------
    parent_gene : (n_genes, width) int32
    included : (n_genes, most) int32
    size : (n_genes,) int64
    first, second : int
    but : int
        Place of an included candidate of `second` that does not count, -1 for none.
    seen : (n_genes,) bool
        All false; left so.
    stack : (n_genes + 1,) int64
        Space to work in.
    """
    if first == second:
        return True
    n_seen = 1
    done = 0
    stack[0] = second
    seen[second] = True
    found = False
    while done < n_seen and not found:
        gene = stack[done]
        done += 1
        for place in range(size[gene]):
            if gene == second and place == but:
                continue
            parent = parent_gene[gene, included[gene, place]]
            if parent == first:
                found = True
                break
            if parent >= 0 and not seen[parent]:
                seen[parent] = True
                stack[n_seen] = parent
                n_seen += 1
    for k in range(n_seen):
        seen[stack[k]] = False
    return found


@kernel
def closes_cycle(problem, chain, gene, candidate, seen, stack):
    """Whether including a candidate of a gene would close a cycle; the last two as above."""
    above = np.int64(problem.parent_gene[gene, candidate])
    if above < 0:
        return False
    return is_ancestor(
        problem.parent_gene, chain.included, chain.size, gene, above, -1, seen, stack
    )


@kernel
def causal_order(parent_gene, included, size):
    """Genes, ancestors first: (n_genes,) int64.

    Parameters
    ----------
    parent_gene : (n_genes, width) int32
    included : (n_genes, most) int32
    size : (n_genes,) int64
    """
    n_genes = len(size)
    # Children of every gene, one list after the other.
    n_children = np.zeros(n_genes + 1, dtype=np.int64)
    waiting = np.zeros(n_genes, dtype=np.int64)
    for gene in range(n_genes):
        for place in range(size[gene]):
            parent = parent_gene[gene, included[gene, place]]
            if parent >= 0:
                n_children[parent + 1] += 1
                waiting[gene] += 1
    start = np.cumsum(n_children)
    filled = start[:-1].copy()
    child = np.empty(start[-1], dtype=np.int64)
    for gene in range(n_genes):
        for place in range(size[gene]):
            parent = parent_gene[gene, included[gene, place]]
            if parent >= 0:
                child[filled[parent]] = gene
                filled[parent] += 1
    # A gene comes once all its parents have come.
    order = np.empty(n_genes, dtype=np.int64)
    n_ready = 0
    for gene in range(n_genes):
        if waiting[gene] == 0:
            order[n_ready] = gene
            n_ready += 1
    done = 0
    while done < n_ready:
        gene = order[done]
        done += 1
        for k in range(start[gene], start[gene + 1]):
            waiting[child[k]] -= 1
            if waiting[child[k]] == 0:
                order[n_ready] = child[k]
                n_ready += 1
    return order


@kernel
def ancestor_bits(parent_gene, included, size):
    """Ancestors of every gene as bits: (n_genes, n_words) uint64, row = gene, bit = ancestor."""
    n_genes = len(size)
    bits = np.zeros((n_genes, (n_genes + _WORD - 1) // _WORD), dtype=np.uint64)
    for gene in causal_order(parent_gene, included, size):
        for place in range(size[gene]):
            parent = parent_gene[gene, included[gene, place]]
            if parent >= 0:
                bits[gene, parent // _WORD] |= _ONE << np.uint64(parent % _WORD)
                for word in range(bits.shape[1]):
                    bits[gene, word] |= bits[parent, word]
    return bits


@kernel
def count_bits(words):
    """How many bits are set in words of uint64."""
    total = 0
    for word in words:
        while word != 0:
            # Clears the lowest bit that is set.
            word &= word - _ONE
            total += 1
    return total


@inlined_kernel
def count_graph(problem, chain, bits, tally):
    """Add the graph of a chain, whose `ancestor_bits` are given, to the counts."""
    n_genes = len(chain.size)
    loads = np.zeros((n_genes, (problem.n_factors + _WORD - 1) // _WORD), dtype=np.uint64)
    for gene in range(n_genes):
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            tally.acts[gene, candidate] += 1
            if candidate < problem.n_factors:
                loads[gene, candidate // _WORD] |= _ONE << np.uint64(candidate % _WORD)
            parent = problem.parent_gene[gene, candidate]
            if parent >= 0 and _is_first_of_parent(problem, chain, gene, place):
                tally.direct[parent, gene] += 1
    for gene in range(n_genes):
        for word in range(bits.shape[1]):
            if bits[gene, word] == 0:
                continue
            for offset in range(_WORD):
                if (bits[gene, word] >> np.uint64(offset)) & _ONE != 0:
                    above = word * _WORD + offset
                    tally.ancestor[above, gene] += 1
                    for part in range(loads.shape[1]):
                        if loads[above, part] & loads[gene, part] != 0:
                            tally.confounded[above, gene] += 1
                            break


@kernel
def _is_first_of_parent(problem, chain, gene, place):
    """Whether a place is the first of its parent: a gene and its anchor that act are one edge."""
    parent_gene = problem.parent_gene[gene]
    for earlier in range(place):
        if parent_gene[chain.included[gene, earlier]] == parent_gene[chain.included[gene, place]]:
            return False
    return True
