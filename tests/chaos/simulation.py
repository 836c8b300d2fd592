"""Many processes in one, on a clock of their own: which of them goes on when is the seed's, and the same every time.

Exactly one thread runs at a moment; it hands on where it sleeps, which every call of a fake does for as long as the call
takes. So whatever real processes could do to each other between two calls happens here too, and hours take milliseconds.
"""

from __future__ import annotations

import datetime as dates
import heapq
import itertools
import pkgutil
import random
import sys
import threading
import time as real_time
import types
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import pytest

START = 1_800_000_000.0
STUCK_SECONDS = 900
"""Real ones. No scenario takes as long."""


class Killed(BaseException):
    """The process died: nothing may catch it."""


class Process:
    """A function's process. All of its threads die together."""

    def __init__(self) -> None:
        self.dead = False


class Task:
    """A thread of the simulation. process: None for what is no process and so cannot die, such as a state machine."""

    def __init__(self, run: Callable[[], Any], process: Process | None) -> None:
        self.run = run
        self.process = process
        self.go = threading.Semaphore(0)
        self.over = False
        self.error: BaseException | None = None
        self.waiters: list[Task] = []
        self.missing = 0


class Simulation:
    """The clock and the scheduler. Also stands for the module `time` in the handlers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now = START
        self._heap: list[tuple[float, float, int, Task]] = []
        self._order = itertools.count()
        self._current = threading.local()
        self._done = threading.Semaphore(0)
        self._alive = 0

    def time(self) -> float:
        """Epoch seconds; monotonic seconds are the same here."""
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        """Lets others go on for so long. Outside of `run` the clock only moves on."""
        task = self._task()
        if task is None:
            self.now += max(0.0, seconds)
            return
        self._push(task, self.now + max(0.0, seconds))
        self._hand_on(task)
        if task.process is not None and task.process.dead:
            raise Killed

    def spawn(self, run: Callable[[], Any], process: Process | None = None) -> Task:
        """Starts a thread, of the process that calls unless another is given."""
        mine = self._task()
        task = Task(run, process or (mine.process if mine else None))
        self._alive += 1
        threading.Thread(target=self._body, args=(task,), daemon=True).start()
        self._push(task, self.now)
        return task

    def join(self, tasks: Iterable[Task]) -> None:
        """Waits for threads. Raises what the first of them raised."""
        tasks = list(tasks)
        mine = self._task()
        assert mine is not None
        pending = [task for task in tasks if not task.over]
        if pending:
            mine.missing = len(pending)
            for task in pending:
                task.waiters.append(mine)
            self._hand_on(mine)
        for task in tasks:
            if task.error is not None:
                raise task.error

    def call(self, work: Callable[[], Any]) -> Any:
        """Runs work in a process of its own. Raises Killed, where it died, and what it raised."""
        task = self._task()
        assert task is not None
        before, task.process = task.process, Process()
        try:
            return work()
        finally:
            task.process = before

    def kill(self) -> None:
        """The process that calls dies."""
        task = self._task()
        assert task is not None and task.process is not None
        task.process.dead = True
        raise Killed

    @property
    def in_process(self) -> bool:
        """Whether a process is at work, which can die."""
        task = self._task()
        return task is not None and task.process is not None

    def run(self, *works: Callable[[], Any]) -> None:
        """Runs works beside each other until all is over. Raises what one of them raised."""
        tasks = [self.spawn(work) for work in works]
        self._next().go.release()
        if not self._done.acquire(timeout=STUCK_SECONDS):
            raise RuntimeError(
                "a thread of the simulation waits for what only another one could end: a lock that is held over a call?"
            )
        for task in tasks:
            if task.error is not None:
                raise task.error

    def _task(self) -> Task | None:
        return getattr(self._current, "task", None)

    def _body(self, task: Task) -> None:
        task.go.acquire()
        self._current.task = task
        try:
            task.run()
        except BaseException as error:  # noqa: BLE001  whoever waits for the thread raises it
            task.error = error
        task.over = True
        self._alive -= 1
        for waiter in task.waiters:
            waiter.missing -= 1
            if not waiter.missing:
                self._push(waiter, self.now)
        if self._alive:
            self._next().go.release()
        else:
            self._done.release()

    def _push(self, task: Task, at: float) -> None:
        heapq.heappush(self._heap, (at, self.random.random(), next(self._order), task))

    def _next(self) -> Task:
        if not self._heap:
            raise RuntimeError("every thread of the simulation waits for another")
        at, _, _, task = heapq.heappop(self._heap)
        self.now = max(self.now, at)
        return task

    def _hand_on(self, task: Task) -> None:
        following = self._next()
        if following is not task:
            following.go.release()
            task.go.acquire()


class Lock:
    """Stands for threading.Lock where one is held over a call: who waits for it lets others go on."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._is_held = False

    def __enter__(self) -> None:
        while self._is_held:
            self._simulation.sleep(0.001)
        self._is_held = True

    def __exit__(self, *_: object) -> None:
        self._is_held = False


class Pool:
    """Stands for ThreadPoolExecutor."""

    def __init__(self, simulation: Simulation, workers: int | None) -> None:
        self._simulation = simulation
        self._workers = workers or 8

    def map(self, function: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        calls = list(zip(*iterables, strict=False))
        if len(calls) < 2 or self._workers == 1 or self._simulation._task() is None:
            return iter([function(*arguments) for arguments in calls])
        results: dict[int, Any] = {}
        left = iter(enumerate(calls))

        def work() -> None:
            for at, arguments in left:
                results[at] = function(*arguments)

        simulation = self._simulation
        simulation.join([simulation.spawn(work) for _ in range(min(self._workers, len(calls)))])
        return iter([results[at] for at in range(len(calls))])

    def shutdown(self, **_: Any) -> None:
        pass

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def install(simulation: Simulation, patch: pytest.MonkeyPatch) -> None:
    """Gives all handlers the simulation's clock and pools."""

    class Dates(dates.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(simulation.now, tz)

    clock = types.SimpleNamespace(
        **{name: getattr(real_time, name) for name in dir(real_time) if not name.startswith("_")}
    )
    clock.time, clock.monotonic, clock.sleep = simulation.time, simulation.monotonic, simulation.sleep
    instead = {real_time.time: simulation.time, real_time.monotonic: simulation.time, real_time.sleep: simulation.sleep}
    for name in handler_modules():
        module = sys.modules[name]
        for attribute, value in list(vars(module).items()):
            if value is real_time:
                patch.setattr(module, attribute, clock)
            elif value is dates.datetime:
                patch.setattr(module, attribute, Dates)
            elif attribute == "ThreadPoolExecutor":
                patch.setattr(
                    module, attribute, lambda max_workers=None, **_: Pool(simulation, max_workers), raising=True
                )
            elif isinstance(value, type) and value.__module__ == name:
                _defaults(value.__init__, instead, patch)
            elif isinstance(value, types.FunctionType) and value.__module__ == name:
                _defaults(value, instead, patch)
    patch.setattr(sys.modules["handlers.shared.overlapped"], "_pool", lambda: Pool(simulation, 16))


def _defaults(function: Any, instead: dict[Any, Any], patch: pytest.MonkeyPatch) -> None:
    defaults = getattr(function, "__defaults__", None)
    if defaults and any(callable(value) and value in instead for value in defaults):
        given = tuple(instead.get(value, value) if callable(value) else value for value in defaults)
        patch.setattr(function, "__defaults__", given)


def handler_modules() -> list[str]:
    """The names of the handlers' modules that a simulation runs, imported."""
    import handlers

    names = [found.name for found in pkgutil.walk_packages(handlers.__path__, "handlers.") if not found.ispkg]
    for name in names:
        import_module(name)
    return [name for name in sys.modules if name.startswith("handlers.")]
