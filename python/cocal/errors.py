"""What ends a job. Each error has the exit code that the console script gives: 1 for data and work, 2 for wrong usage."""


class CocalError(Exception):
    """A job that came to no result. Parts that are done stay where they are: the same call goes on from them."""

    exit_code = 1


class UsageError(CocalError):
    """The job was asked for wrongly."""

    exit_code = 2


class BinaryError(CocalError):
    """No program, or another version of it than the one that made the plan."""


class CallError(CocalError):
    """A call of the program failed; the message has what it wrote."""


class TasksFailed(CocalError):
    """Tasks that failed although they were tried again, where the first failure is to end the job."""


class SchedulerLost(CocalError):
    """The connection to the scheduler is gone."""
