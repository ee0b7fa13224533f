"""How a peer's program is told what to do, and how it tells results: one line of JSON each, as soon as there is one."""

import json
import os
import sys

PLAN = json.loads(sys.argv[1])

# Libraries print what they like to standard output; results have it for themselves.
RESULTS = os.dup(1)
os.dup2(2, 1)

# The number that the live stream carries in its pixels: see ../live-clip.ts.
CELL_PX = 32
CELLS = 16


def tell(event, **more):
    """One write a line, so that lines of several threads stay whole."""
    os.write(RESULTS, (json.dumps({"event": event, **more}) + "\n").encode())


def result(stream, frame, objects, picture):
    """One frame is done. picture: height x width x 3, uint8; its number is read where the stream carries one."""
    tell("result", stream=stream, frame=frame, objects=int(objects), number=number_in(picture) if PLAN["live"] else None)


def number_in(picture):
    edge = CELL_PX // 4
    cells = [picture[edge : CELL_PX - edge, i * CELL_PX + edge : (i + 1) * CELL_PX - edge] for i in range(CELLS)]
    return sum(1 << i for i, cell in enumerate(cells) if cell.mean() > 127)
