"""What raw series are good for, by their names."""

import pytest

from seamline.analysis.detect.roles import parts

CASES = """
http_requests_total code=200                       | ratio all
http_requests_total code=503                       | ratio all, ratio bad
http_requests_total                                |
http_client_requests_total code=timeout            | ratio all, ratio bad
grpc_server_handled_total grpc_code=Unavailable    | ratio all, ratio bad
grpc_server_handled_total grpc_code=NotFound       | ratio all
jobs_total outcome=failure                         | ratio all, ratio bad
http_request_duration_seconds_count code=500       | ratio_of_counts all, ratio_of_counts bad, mean count
http_request_duration_seconds_sum                  | mean spent
http_request_duration_seconds_bucket le=0.1        |
rpc_latency_milliseconds_sum                       | mean spent
go_gc_duration_seconds_sum                         |
go_gc_duration_seconds quantile=0.5                |
api_latency_seconds quantile=0.99                  | quantile value
pg_stat_activity_count state=idle                  | share used
pg_settings_max_connections                        | share limit, share limit
process_open_fds                                   | share used
process_resident_memory_bytes                      |
queue_depth                                        | level value
rabbitmq_queue_messages_ready queue=mail           | level value
kafka_consumer_group_lag topic=t                   | level value
kube_job_status_pending                            |
pg_up                                              | down value
up                                                 | down value
service_availability                               | unavailable value
kube_deployment_status_replicas deployment=a       |
db_pool_connections                                |
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines())
def test_parts(line: str) -> None:
    """A metric's name and labels give the roles behind the bar."""
    given, _, expected = line.partition("|")
    metric, *labels = given.split()
    found = parts(metric, dict(label.split("=") for label in labels))
    assert ", ".join(f"{p.formula} {p.role}" for p in found) == expected.strip()
