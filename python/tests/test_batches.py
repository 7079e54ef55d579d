"""Which tasks go into which call, and what becomes of those that fail."""

import io
import unittest

from cocal.batches import MOST, Batches, ranges
from cocal.progress import MOST_NOTES, Progress, time_left


def all_calls(batches, places):
    """Sizes of calls when each is done before the next is asked for."""
    sizes = []
    while tasks := batches.take(0.0, places):
        sizes.append(len(tasks))
        batches.take_done(tasks, 1.0 * len(tasks))
    return sizes


class CallsTest(unittest.TestCase):
    def test_every_task_is_given_once_and_calls_become_shorter(self):
        batches = Batches(1_000, per_call=50)
        given = []
        sizes = []
        while tasks := batches.take(0.0, 4):
            given += tasks
            sizes.append(len(tasks))
            batches.take_done(tasks)
        self.assertEqual(given, list(range(1_000)))
        self.assertEqual(sizes[0], 50)
        self.assertEqual(sizes[-1], 1)
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertTrue(batches.finished())

    def test_calls_last_about_a_minute_where_the_number_is_not_given(self):
        batches = Batches(100_000)
        first = batches.take(0.0, 4)
        self.assertEqual(len(first), 2)
        batches.take_done(first, 6.0)
        self.assertEqual(len(batches.take(0.0, 4)), 20)
        quick = Batches(1_000_000)
        quick.take_done(quick.take(0.0, 4), 1e-6)
        self.assertEqual(len(quick.take(0.0, 4)), MOST)
        slow = Batches(100)
        slow.take_done(slow.take(0.0, 4), 2_000.0)
        self.assertEqual(len(slow.take(0.0, 4)), 1)

    def test_no_workers_and_no_tasks(self):
        self.assertEqual(Batches(0).take(0.0, 0), [])
        self.assertTrue(Batches(0).finished())
        self.assertEqual(sum(all_calls(Batches(7), 0)), 7)


class RetriesTest(unittest.TestCase):
    def test_a_failed_task_is_tried_again_alone_after_a_pause_and_given_up_in_the_end(self):
        batches = Batches(4, retries=2, per_call=4, pause=2.0)
        self.assertEqual(batches.take(0.0, 1), [0, 1])
        batches.take_done([0])
        self.assertTrue(batches.take_failed(1, "first", 10.0))
        self.assertEqual(batches.take(10.0, 1), [2])
        batches.take_done([2])
        self.assertEqual(batches.next_pause(11.0), 1.0)
        self.assertEqual(batches.take(12.0, 1), [1])
        self.assertTrue(batches.take_failed(1, "second", 20.0))
        self.assertEqual(batches.take(23.0, 1), [3])
        batches.take_done([3])
        self.assertEqual(batches.take(23.9, 1), [])
        self.assertFalse(batches.finished())
        self.assertEqual(batches.take(24.0, 1), [1])
        self.assertFalse(batches.take_failed(1, "third", 30.0))
        self.assertEqual((batches.failed, batches.retried), ({1: "third"}, 2))
        self.assertTrue(batches.finished())

    def test_a_task_that_was_done_elsewhere_does_not_fail(self):
        batches = Batches(1, retries=0)
        batches.take(0.0, 1)
        batches.take_done([0])
        self.assertTrue(batches.take_failed(0, "late", 0.0))
        self.assertEqual(batches.failed, {})
        self.assertTrue(batches.finished())


class RangesTest(unittest.TestCase):
    def test_numbers_as_the_command_line_takes_them(self):
        self.assertEqual(ranges([3, 1, 2, 9, 7, 7]), ["1-3", "7", "9"])
        self.assertEqual(ranges([]), [])


class ProgressTest(unittest.TestCase):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def test_one_line_a_minute_where_there_is_no_terminal(self):
        now, out = [0.0], io.StringIO()
        progress = Progress(100, 200_000_000, show=True, stream=out, clock=lambda: now[0])
        for second in range(0, 125):
            now[0] = float(second)
            progress.tell(second // 2, 10, 0, 8)
        self.assertEqual(
            out.getvalue().splitlines(),
            [
                "40 of 100 tasks, 8 workers' threads, 1.0 Mpx/s, 2 min left",
                "70 of 100 tasks, 8 workers' threads, 1.0 Mpx/s, 60 s left",
            ],
        )

    def test_a_terminal_has_one_line_that_is_taken_away(self):
        now, out = [0.0], self.Terminal()
        progress = Progress(10, None, show=True, stream=out, clock=lambda: now[0])
        now[0] = 1.0
        progress.tell(5, 0, 2, 1)
        self.assertEqual(out.getvalue(), "\r5 of 10 tasks, 2 failed, 1 workers' threads, 5.00 tasks/s, 1 s left")
        progress.clear()
        self.assertTrue(out.getvalue().endswith(" \r"))

    def test_quiet_says_nothing_and_notes_end(self):
        out = io.StringIO()
        Progress(1, None, show=False, stream=out).note("no")
        self.assertEqual(out.getvalue(), "")
        progress = Progress(1, None, show=True, stream=out)
        for number in range(100):
            progress.note(str(number))
        self.assertEqual(len(out.getvalue().splitlines()), MOST_NOTES)

    def test_time_left(self):
        self.assertEqual([time_left(s) for s in (-1, 5, 120, 7_200, 259_200)], ["0 s", "5 s", "2 min", "2.0 h", "3.0 days"])


if __name__ == "__main__":
    unittest.main()
