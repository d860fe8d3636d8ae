"""Estimates pi with a graph of three processing elements: a first job to see that dispel4py, MPI and the shared folder work.

Points -> Inside -> Estimate. Runs under each mapping of dispel4py 1.2:

    dispel4py simple workflow.py -d '{"Points": [{"input": 1}, {"input": 2}]}'
    mpirun -n 4 dispel4py mpi workflow.py -d '{"Points": [{"input": 1}, {"input": 2}]}'
"""

import random

from dispel4py.base import ConsumerPE, IterativePE
from dispel4py.workflow_graph import WorkflowGraph

POINTS = 100_000


class Points(IterativePE):
    """Draws points in the unit square; the input is the seed, so that each block differs and every run gives the same."""

    def _process(self, seed):
        draw = random.Random(seed)
        return [(draw.random(), draw.random()) for _ in range(POINTS)]


class Inside(IterativePE):
    """Counts the points of a block that lie inside the quarter of a circle."""

    def _process(self, points):
        return sum(x * x + y * y <= 1.0 for x, y in points), len(points)


class Estimate(ConsumerPE):
    """Sums up the blocks. One instance only: each would see a part of them."""

    def __init__(self):
        ConsumerPE.__init__(self)
        self.inputconnections[self.INPUT_NAME]["grouping"] = "global"
        self.inside = 0
        self.total = 0

    def _process(self, counts):
        self.inside += counts[0]
        self.total += counts[1]

    def _postprocess(self):
        if self.total:
            self.log(f"pi is about {4 * self.inside / self.total:.4f}, from {self.total} points")


points, inside, estimate = Points(), Inside(), Estimate()
graph = WorkflowGraph()
graph.connect(points, IterativePE.OUTPUT_NAME, inside, IterativePE.INPUT_NAME)
graph.connect(inside, IterativePE.OUTPUT_NAME, estimate, ConsumerPE.INPUT_NAME)
