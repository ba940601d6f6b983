"""The graph of the included candidates: cycles, and ancestors counted: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.graphs.closure_kernels import lowest_bit
from genesis.jit import borrowing_kernel, inlined_kernel, inner_kernel, kernel

_ONE = np.uint64(1)
_WORD = 64


@borrowing_kernel
def is_ancestor(problem, chain, first, second, but):
    """Whether a path leads from gene `first` to gene `second` in the graph.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    first, second : int
    but : int
        Place of an included candidate of `second` that does not count, -1 for none.
    """
    if first == second:
        return True
    parent_gene, included, size = problem.parent_gene, chain.included, chain.size
    seen, stack = chain.space.seen, chain.space.stack
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


@borrowing_kernel
def closes_cycle(problem, chain, gene, candidate):
    """Whether including a candidate of a gene would close a cycle."""
    above = np.int64(problem.parent_gene[gene, candidate])
    return above >= 0 and is_ancestor(problem, chain, gene, above, np.int64(-1))


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
    # Summed up in place: where the children of each start.
    start = n_children
    filled = np.empty(n_genes, dtype=np.int64)
    for gene in range(n_genes):
        filled[gene] = start[gene]
        start[gene + 1] += start[gene]
    child = np.empty(start[n_genes], dtype=np.int64)
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


@inner_kernel
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


@borrowing_kernel
def count_bits(words):
    """How many bits are set in words of uint64."""
    total = 0
    for word in words:
        while word != 0:
            # Clears the lowest bit that is set.
            word &= word - _ONE
            total += 1
    return total


@kernel
def list_graph(problem, chain, before, loads):
    """The edges of the graph of a chain behind those of others.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    before : (2, n_before) int32
        Edges of other graphs: causes, and targets.
    loads : (n_genes, n_words) uint64
        Written: the hidden factors that act on each gene, as bits.

    Returns
    -------
    (2, n) int32
        All edges that end in a gene together, and behind those that end in its parents. A gene and
        its anchor that act are one edge.
    """
    n = before.shape[1]
    n_at_most = n
    for gene in range(len(chain.size)):
        n_at_most += chain.size[gene]
    edges = _widened(before, n, n_at_most)
    for gene in causal_order(problem.parent_gene, chain.included, chain.size):
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            if candidate < problem.n_factors:
                loads[gene, candidate // _WORD] |= _ONE << np.uint64(candidate % _WORD)
            parent = problem.parent_gene[gene, candidate]
            if parent >= 0 and _is_first_of_parent(problem, chain, gene, place):
                edges[0, n] = parent
                edges[1, n] = gene
                n += 1
    return _widened(edges, n, n)


@kernel
def _widened(edges, n, width):
    """A table of edges with room for more, of which the first ones are copied."""
    wide = np.empty((2, width), dtype=np.int32)
    for end in range(2):
        for k in range(n):
            wide[end, k] = edges[end, k]
    return wide


@kernel
def count_below(edges, end, loads, low):
    """In how many graphs each of 64 genes acts on others.

    The genes are the bits of a word, which is handed down along the edges. What is counted is the
    words that a gene gets: bit k of its counts is kept in word k of a row, for 64 genes together.

    Parameters
    ----------
    edges : (2, n_edges) int32
        Causes and targets of all graphs, as of `list_graph`.
    end : (n_graphs,) int64
        Where the edges of each graph end.
    loads : (n_graphs, n_genes, n_words) uint64
        The hidden factors that act on each gene.
    low : int
        First of the genes.

    Returns
    -------
    number : (64,) int64
        Pairs of each of the genes with those that it is an ancestor of in some graph.
    target : (m,) int32
        The latter, ascending, for one of the genes after the other.
    counts : (3, m) uint8
        In how many graphs it is an ancestor, one that shares a hidden factor with the target, and a
        parent.
    """
    n_graphs, n_genes, n_words = loads.shape
    width = min(_WORD, n_genes - low)
    n_bits = 1
    while n_graphs >> n_bits != 0:
        n_bits += 1
    sums = np.zeros((3, n_genes, n_bits), dtype=np.uint64)
    above = np.empty(n_genes, dtype=np.uint64)
    of_factor = np.empty(_WORD * n_words, dtype=np.uint64)
    edge = np.int64(0)
    for graph in range(n_graphs):
        for gene in range(n_genes):
            above[gene] = 0
        _find_loaded(loads[graph], low, width, of_factor)
        while edge < end[graph]:
            gene = edges[1, edge]
            handed_down = np.uint64(0)
            parents = np.uint64(0)
            # All edges to one gene are together.
            while edge < end[graph] and edges[1, edge] == gene:
                cause = edges[0, edge]
                handed_down |= above[cause]
                if low <= cause < low + width:
                    parents |= _ONE << np.uint64(cause - low)
                edge += 1
            handed_down |= parents
            if handed_down == 0:
                continue
            above[gene] = handed_down
            shared = np.uint64(0)
            for word in range(n_words):
                factors = loads[graph, gene, word]
                while factors != 0:
                    shared |= of_factor[word * _WORD + lowest_bit(factors)]
                    factors &= factors - _ONE
            _add_word(sums[0, gene], handed_down)
            _add_word(sums[1, gene], handed_down & shared)
            _add_word(sums[2, gene], parents)
    return _list_counts(sums)


@borrowing_kernel
def _find_loaded(loads, low, width, of_factor):
    """Write which of 64 genes each hidden factor acts on."""
    for factor in range(len(of_factor)):
        of_factor[factor] = 0
    for source in range(width):
        for word in range(loads.shape[1]):
            factors = loads[low + source, word]
            while factors != 0:
                of_factor[word * _WORD + lowest_bit(factors)] |= _ONE << np.uint64(source)
                factors &= factors - _ONE


@borrowing_kernel
def _add_word(sums, word):
    """Add 0 or 1 to each of 64 numbers, whose binary digits are the bits of words."""
    place = 0
    while word != 0:
        held = sums[place]
        sums[place] = held ^ word
        word &= held
        place += 1


@inlined_kernel
def _list_counts(sums):
    """The numbers of `count_below` that are not 0, one of the 64 genes after the other."""
    n_genes, n_bits = sums.shape[1:]
    number = np.zeros(_WORD, dtype=np.int64)
    for gene in range(n_genes):
        left = np.uint64(0)
        for place in range(n_bits):
            left |= sums[0, gene, place]
        while left != 0:
            number[lowest_bit(left)] += 1
            left &= left - _ONE
    place_of = np.empty(_WORD, dtype=np.int64)
    n_pairs = np.int64(0)
    for source in range(_WORD):
        place_of[source] = n_pairs
        n_pairs += number[source]
    target = np.empty(n_pairs, dtype=np.int32)
    counts = np.zeros((3, len(target)), dtype=np.uint8)
    for gene in range(n_genes):
        left = np.uint64(0)
        for place in range(n_bits):
            left |= sums[0, gene, place]
        while left != 0:
            source = lowest_bit(left)
            left &= left - _ONE
            at = place_of[source]
            place_of[source] += 1
            target[at] = gene
            for which in range(3):
                for place in range(n_bits):
                    digit = (sums[which, gene, place] >> np.uint64(source)) & _ONE
                    counts[which, at] |= np.uint8(digit << np.uint64(place))
    return number, target, counts


@borrowing_kernel
def _is_first_of_parent(problem, chain, gene, place):
    """Whether a place is the first of its parent: a gene and its anchor that act are one edge."""
    parent_gene = problem.parent_gene[gene]
    for earlier in range(place):
        if parent_gene[chain.included[gene, earlier]] == parent_gene[chain.included[gene, place]]:
            return False
    return True
