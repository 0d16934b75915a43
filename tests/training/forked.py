"""A function in two processes that make up one run, as torchrun would start them, but in a second."""

import multiprocessing
import os
import pickle
import socket
import time
import traceback
import warnings

SECONDS = 60  # then the test has failed: a process waits for another


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def _child(rank, environment, pipe, function, arguments):
    os.environ.update(environment(rank))
    try:
        answer = function(*arguments)
    except BaseException as error:
        answer = error
    try:
        pipe.send_bytes(pickle.dumps(answer))
    except Exception:
        pipe.send_bytes(pickle.dumps(AssertionError(traceback.format_exc())))
    os._exit(0)  # no clean-up of pytest


def fabric_environment(rank):
    """What Fabric's own launcher sets."""
    return {"LOCAL_RANK": str(rank), "NODE_RANK": "0", "WORLD_SIZE": "2"}


def on_two_ranks(function, *arguments, environment=fabric_environment):
    """What each rank returns or raises; a rank that does not end in time fails the test."""
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "OMP_NUM_THREADS": "1"}
    context, ends, children = multiprocessing.get_context("fork"), [], []
    for rank in range(2):
        end, childs_end = context.Pipe(duplex=False)
        target = (rank, lambda rank: shared | environment(rank), childs_end, function, arguments)
        children.append(context.Process(target=_child, args=target))
        ends.append(end)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that threads of pytest do not go along
            children[-1].start()
    until = time.monotonic() + SECONDS
    try:
        answers = []
        for rank, end in enumerate(ends):
            assert end.poll(max(0.0, until - time.monotonic())), f"rank {rank} hangs"
            answers.append(pickle.loads(end.recv_bytes()))
        return answers
    finally:
        for child in children:
            child.kill()
            child.join()
