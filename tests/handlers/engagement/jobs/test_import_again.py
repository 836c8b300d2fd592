"""What an import writes of a file that was imported before."""

from __future__ import annotations

HEADER = "Id,ChannelType,Address,Attributes.plan,User.UserId,User.UserAttributes.city\n"
ROW = "ada,EMAIL,ada@example.org,gold,u,Oslo\n"


def test_a_file_that_comes_again_writes_each_endpoint_alone(jobs, written):
    jobs.put("a.csv", HEADER + ROW + ROW.replace("ada", "bob").replace(",u,", ",v,"))
    jobs.import_job("a.csv")
    assert sorted(written) == ["A", "A", "E", "E", "U", "U"]
    written.clear()
    job = jobs.import_job("a.csv")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 2, 0)
    assert written == ["E", "E"]


def test_a_file_that_comes_again_with_another_attribute_of_a_user_writes_that_user_too(jobs, written):
    jobs.put("a.csv", HEADER + ROW + ROW.replace("ada", "bob").replace(",u,", ",v,"))
    jobs.import_job("a.csv")
    written.clear()
    jobs.put("a.csv", HEADER + ROW.replace("Oslo", "Rome") + ROW.replace("ada", "bob").replace(",u,", ",v,"))
    jobs.import_job("a.csv")
    assert sorted(written) == ["E", "E", "U"]
