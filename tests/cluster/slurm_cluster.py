#!/usr/bin/env python3
"""A job on a real Slurm: munged, slurmctld and two slurmd of one processor, all on this machine, with what `cocal slurm` wrote, submitted by its
own submit.sh in two arrays. In the middle of the job a node dies with what runs on it and comes back, and a running element is requeued. The
merge starts by its dependency. Then parts are lost and the job is submitted again. The outputs must have the bytes of one `cocal run`.

    slurm_cluster.py [--cocal PATH] [--work DIR] [--factor N]

Needs root and Debian's munge and slurm-wlm (scripts/test_cluster.sh installs them). Nothing of a Slurm that is there already is used.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from common import Failed, Processes, alive, call, main, must, project, reference, same, until

NODES = ("n1", "n2")

CONF = """\
ClusterName=cocaltest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
# A requeued job waits until what it was given has run out: two minutes unless it is said otherwise.
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
JobRequeue=1
ReturnToService=2
SlurmdTimeout=6
SlurmctldTimeout=60
MessageTimeout=5
KillWait=2
MinJobAge=3600
MaxArraySize=1001
SlurmdParameters=config_overrides
{nodes}
PartitionName=main Nodes={all} Default=YES State=UP MaxTime=01:00:00
"""


def free_ports(count):
    """Ports of this machine that nobody listens on."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Slurm:
    """A cluster of its own in a folder of its own."""

    def __init__(self, processes, folder):
        self.processes, self.folder = processes, folder
        ports, host = free_ports(1 + len(NODES)), socket.gethostname().split(".")[0]
        lines = [f"NodeName={n} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 State=UNKNOWN" for n, port in zip(NODES, ports[1:])]
        conf = CONF.format(host=host, ports=ports, folder=folder, nodes="\n".join(lines), all=",".join(NODES))
        (folder / "state").mkdir()
        (folder / "slurm.conf").write_text(conf)
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self.nodes = {}

    def start(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        named = {"--key-file": "key", "--socket": "socket", "--pid-file": "pid", "--log-file": "log", "--seed-file": "seed"}
        words = [f"{flag}={self.folder}/munge.{name}" for flag, name in named.items()]
        self.processes.start("munged", "munged", "--foreground", "--force", *words)
        until("the socket of munged", (self.folder / "munge.socket").exists)
        self.processes.start("slurmctld", "slurmctld", "-D", env=self.environment)
        for node in NODES:
            self.start_node(node)
        until(f"idle nodes ({self.folder})", lambda: self.states().count("idle") == len(NODES), 60)

    def start_node(self, node):
        self.nodes[node] = self.processes.start(f"slurmd-{node}", "slurmd", "-D", "-N", node, env=self.environment)

    def say(self, *words):
        """What a command of Slurm printed."""
        return call(*words, env=self.environment)

    def states(self):
        found = subprocess.run(["sinfo", "-h", "-N", "-o", "%T"], env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return found.stdout.split()

    def running(self):
        """Elements that run, with their node."""
        lines = self.say("squeue", "-h", "-t", "R", "-o", "%A %i %N %j").splitlines()
        return [line.split() for line in lines]

    def kill_node(self, node):
        """The node dies: slurmd, and whatever runs on it."""
        self.nodes[node].kill()
        self.nodes[node].wait()
        raw_ids = [raw for raw, _, on, _ in self.running() if on == node]
        victims = [pid for pid in own_processes(self.folder) if of_node(pid, node, raw_ids)]
        kill(victims)
        until("the end of what ran on the node", lambda: not any(map(alive, victims)))
        return victims

    def job(self, number):
        """Fields of a job (of the last that is listed)."""
        return dict(re.findall(r"(\w+)=(\S*)", self.say("scontrol", "show", "job", number)))


def own_processes(folder):
    """Processes that belong to this cluster: its slurm.conf is in their environment."""
    mark = f"SLURM_CONF={folder}/slurm.conf".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)
        except OSError:
            pass


def kill(pids):
    """Kills processes, as far as they are still there."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def of_node(pid, node, raw_ids):
    """Whether a process runs for a job on the node: the job itself, or the slurmstepd that watches it."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(words.startswith(f"slurmstepd: [{raw}.") for raw in raw_ids) or f"SLURMD_NODENAME={node}".encode() in environment


def parts_in(jobs):
    return len(list((jobs / "parts").glob("task-*.part")))


def submit(slurm, jobs):
    """Numbers of the arrays and of the merge."""
    said = slurm.say("sh", jobs / "submit.sh")
    arrays, merge = re.findall(r"tasks: job (\d+)", said), re.findall(r"merge: job (\d+)", said)
    must(len(arrays) > 1 and len(merge) == 1, f"submit.sh said: {said}")
    return arrays, merge[0]


def wait_for(slurm, merge, jobs, seconds=400):
    """Waits for the merge, which must end well."""
    state = until("the merge", lambda: ended(slurm.job(merge)), seconds)
    log = "".join(path.read_text() for path in (jobs / "logs").glob("merge-*.log"))
    must(state == "COMPLETED", f"the merge is {state}: {log[-2000:]}")


def ended(job):
    return job["JobState"] if job["JobState"] not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING") else None


def in_the_middle(slurm, jobs):
    """A node dies and comes back, an element is requeued; restarts that Slurm counted."""
    until("some parts", lambda: parts_in(jobs) >= 10, 120)
    node = until("a running element", lambda: next((on for _, _, on, name in slurm.running() if name == "cocal-tasks"), None))
    victims = slurm.kill_node(node)
    must(victims, "nothing ran on the node that was killed")
    until("a node that is down", lambda: any(state.startswith("down") for state in slurm.states()), 60)
    slurm.start_node(node)
    _, element, _, _ = until("a running element", lambda: next((job for job in slurm.running() if job[3] == "cocal-tasks"), None))
    slurm.say("scontrol", "requeue", element)
    return element


def restarts(slurm, arrays):
    said = "".join(slurm.say("scontrol", "show", "job", number) for number in arrays)
    return sum(int(count) for count in re.findall(r"Restarts=(\d+)", said))


def test(given):
    project_file = project(given)
    expected = reference(given, project_file)
    # Names that a shell must not fall over.
    base = given.work / "slurm"
    shutil.rmtree(base, ignore_errors=True)
    jobs, out = base / "it's a job", base / "the $out"
    wanted = ["--side", "512", "--tasks-per-job", "4", "--array-size", "20", "--time", "00:10:00", "--cocal", given.cocal]
    call(given.cocal, "slurm", project_file, "-o", jobs, "--out", out, *wanted, "--quiet")
    # Paths of sockets have 107 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="cocal-slurm-"))
    try:
        with Processes(folder) as processes:
            slurm = Slurm(processes, folder)
            slurm.start()
            arrays, merge = submit(slurm, jobs)
            element = in_the_middle(slurm, jobs)
            wait_for(slurm, merge, jobs)
            again = restarts(slurm, arrays)
            must(again >= 2, f"Slurm counted {again} restarts after a node's death and a requeue")
            files = same(expected, out)
            tasks = parts_in(jobs)
            for number in (1, 77, tasks - 1):
                (jobs / "parts" / f"task-{number:09}.part").unlink()
            shutil.rmtree(out)
            _, merge = submit(slurm, jobs)
            wait_for(slurm, merge, jobs)
            same(expected, out)
    except Failed as failure:
        raise Failed(f"{failure}\n(logs: {folder})") from None
    finally:
        # Jobs and their watchers are no children of this process.
        kill(own_processes(folder))
    shutil.rmtree(folder, ignore_errors=True)
    return f"slurm: {tasks} tasks in {len(arrays)} arrays on 2 nodes, one died and came back, {element} was requeued ({again} restarts); 3 parts lost and done again; {files} files as of one run"


if __name__ == "__main__":
    main(test, __doc__)
