"""Whole jobs on a small cluster of Dask in this process, with a program that fails as it is told."""

import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from distributed import Client, LocalCluster

import cocal.dask
from cocal import BinaryError, CallError, TasksFailed, UsageError, binary, worker
from cocal.batches import Batches
from cocal.main import main

FAKE = str(Path(__file__).with_name("fake_cocal.py"))


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None)
        cls.client = Client(cls.cluster)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.cluster.close()

    def setUp(self):
        held = tempfile.TemporaryDirectory(prefix="it's a ")
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)
        # Pauses of seconds are for file systems that recover.
        patch = mock.patch.object(cocal.dask, "Batches", lambda *given: Batches(*given, pause=0.01))
        patch.start()
        self.addCleanup(patch.stop)

    def project(self, text):
        path = self.folder / "project.toml"
        path.write_text("[project]\n[fake]\n" + text)
        return path

    def run_it(self, text, **given):
        given = {"out": self.folder / "out", "binary": FAKE, "progress": False, **given}
        return cocal.dask.run(self.project(text), self.client, **given)

    def result(self):
        return (self.folder / "out" / "result.txt").read_text()

    def whole(self, tasks):
        return "".join(f"part {n}\n" for n in range(tasks))

    def test_all_tasks_are_done_once_and_the_work_folder_is_gone(self):
        result = self.run_it("tasks = 50", tasks_per_call=5)
        self.assertEqual((result.exit_code, result.tasks, result.done, result.skipped, result.failed), (0, 50, 50, 0, {}))
        self.assertEqual(self.result(), self.whole(50))
        self.assertFalse(result.plan.parent.exists())
        sizes = [int(line) for line in (self.folder / "calls").read_text().split()]
        self.assertEqual((sum(sizes), max(sizes), len(sizes)), (50, 5, result.calls))

    def test_tasks_that_fail_for_a_time_are_tried_again(self):
        result = self.run_it("tasks = 12\n[fake.fail]\n3 = 3\n[fake.kill]\n7 = 2", tasks_per_call=4)
        self.assertEqual((result.exit_code, result.done, result.failed), (0, 12, {}))
        self.assertGreaterEqual(result.retried, 5)
        self.assertEqual(self.result(), self.whole(12))

    def test_a_task_that_always_fails_is_listed_and_the_rest_is_merged(self):
        result = self.run_it("tasks = 9\n[fake.fail]\n4 = -1", retries=1)
        self.assertEqual((result.exit_code, result.done), (1, 8))
        self.assertEqual(result.failed, {4: "no luck with 4"})
        self.assertNotIn("part 4\n", self.result())
        self.assertTrue(result.plan.exists(), "what is there is gone on with")
        # The fault is mended: only that task is done.
        again = self.run_it("tasks = 9")
        self.assertEqual((again.exit_code, again.done, again.skipped), (0, 1, 8))
        self.assertEqual(self.result(), self.whole(9))

    def test_a_task_that_kills_its_process_does_not_take_others_with_it(self):
        result = self.run_it("tasks = 8\n[fake.kill]\n2 = -1", tasks_per_call=8, retries=2)
        self.assertEqual((result.done, list(result.failed)), (7, [2]))
        self.assertIn("killed by signal 9", result.failed[2])

    def test_stop_ends_at_the_first_task_that_fails_for_good(self):
        with self.assertRaisesRegex(TasksFailed, "task 4: no luck with 4; tried 1 times"):
            self.run_it("tasks = 9\n[fake.fail]\n4 = -1", retries=0, on_error="stop")
        self.assertFalse((self.folder / "out").exists())

    def test_a_plan_without_an_input_that_cannot_be_opened_is_carried_out(self):
        # `cocal plan` ends with 1 then; whether the job does is what the merge says.
        self.run_it('tasks = 2\nplan_failures = ["a scene"]')
        self.assertEqual(self.result(), self.whole(2))

    def test_a_folder_that_is_not_shared_is_told(self):
        with mock.patch.object(worker.os.path, "isdir", lambda path: False):
            with self.assertRaisesRegex(BinaryError, "is no folder here; plan and parts must lie on a file system"):
                self.run_it("tasks = 3")

    def test_a_plan_that_was_made_before_is_used_and_one_of_another_project_is_not(self):
        plan = self.folder / "plan.json"
        first = self.run_it("tasks = 3", plan=plan, parts=self.folder / "parts")
        self.assertEqual((first.plan, first.done, plan.exists()), (plan, 3, True))
        (self.folder / "parts" / "task-000000001.part").unlink()
        again = self.run_it("tasks = 3", plan=plan, parts=self.folder / "parts")
        self.assertEqual((again.done, again.skipped), (1, 2))
        other = self.folder / "other.toml"
        other.write_text("[fake]\ntasks = 1")
        with self.assertRaisesRegex(UsageError, "is the plan of"):
            cocal.dask.run(other, self.client, out=self.folder / "out", plan=plan, binary=FAKE, progress=False)
        plan.write_text("{}")
        with self.assertRaisesRegex(UsageError, "is no plan of cocal"):
            self.run_it("tasks = 3", plan=plan)

    def test_another_version_on_a_worker_is_an_error_that_names_both(self):
        # The client's program says one version, and the same path says another by the time that a worker asks.
        said = iter(["cocal 0.1.0"])
        self.addCleanup(worker._version.cache_clear)
        worker._version.cache_clear()
        with mock.patch.object(binary, "version", lambda path: next(said, "cocal 9.9.9")):
            with self.assertRaisesRegex(BinaryError, "is cocal 9.9.9, the plan was made by cocal 0.1.0"):
                self.run_it("tasks = 3")

    def test_no_program_and_wrong_numbers_are_told(self):
        with self.assertRaisesRegex(BinaryError, "nowhere is no program on this machine"):
            self.run_it("tasks = 3", binary="nowhere")
        with self.assertRaisesRegex(UsageError, "retries is -1: at least 0"):
            self.run_it("tasks = 3", retries=-1)
        with self.assertRaisesRegex(UsageError, "on_error is 'maybe'"):
            self.run_it("tasks = 3", on_error="maybe")
        with self.assertRaisesRegex(CallError, "(?s)cocal.py plan .*exit code 1.*KeyError"):
            self.run_it("nothing = 3")

    def test_the_projects_own_folder_is_taken(self):
        path = self.folder / "project.toml"
        path.write_text('[project]\nout = "mine"\n[fake]\ntasks = 1')
        result = cocal.dask.run(path, self.client, binary=FAKE, progress=False)
        self.assertEqual(result.out, self.folder / "mine")

    def test_an_interrupt_ends_calls_on_workers(self):
        # A shell's background commands start with the signal ignored.
        self.addCleanup(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
        signal.signal(signal.SIGINT, signal.default_int_handler)

        def interrupt():
            while not (self.folder / "calls").exists():
                time.sleep(0.02)
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=interrupt)
        thread.start()
        with self.assertRaises(KeyboardInterrupt):
            self.run_it("tasks = 4\n[fake.sleep]\n0 = 60\n1 = 60", tasks_per_call=1)
        thread.join()
        deadline = time.monotonic() + 10
        while any(worker._running.values()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(any(worker._running.values()), "a call of 60 s goes on")


class CommandTest(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.folder = Path(held.name)
        (self.folder / "project.toml").write_text("[fake]\ntasks = 6\n[fake.fail]\n1 = -1")
        # The handler of SIGTERM is the command's.
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))

    def command(self, *words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main([str(self.folder / "project.toml"), *words])
            except SystemExit as ended:
                code = ended.code
        return code, out.getvalue(), err.getvalue()

    def test_json_and_exit_code_1_where_a_task_failed(self):
        out = str(self.folder / "out")
        code, said, told = self.command("--local", "1", "--out", out, "--binary", FAKE, "--retries", "0", "--quiet", "--json")
        self.assertEqual(code, 1, told)
        said = json.loads(said)
        self.assertEqual((said["done"], said["failed"], said["out"]), (5, {"1": "no luck with 1"}, out))
        self.assertIn("failed: task 1: no luck with 1; its pixels are unobserved", told)

    def test_wrong_usage_is_2_and_no_scheduler_is_1(self):
        self.assertEqual(self.command()[0], 2)
        self.assertEqual(self.command("--local", "1", "--scheduler", "tcp://x:1")[0], 2)
        code, _, told = self.command("--scheduler", "tcp://127.0.0.1:9", "--wait", "0.5", "--binary", FAKE)
        self.assertEqual(code, 1)
        self.assertIn("error: ", told)


if __name__ == "__main__":
    sys.exit(unittest.main())
