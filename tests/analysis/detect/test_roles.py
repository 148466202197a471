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
log_records_total severity=error                   | ratio all, ratio bad
log_records_total severity=info                    | ratio all
traces_calls_total span_kind=server status_code=ok | ratio all
traces_calls_total span_kind=client status_code=error | ratio all, ratio bad
traces_duration_seconds_sum span_kind=server status_code=ok | mean spent
rpc_server_duration_milliseconds_count rpc_grpc_status_code=14 | ratio_of_counts all, ratio_of_counts bad, mean count
rpc_server_duration_milliseconds_count rpc_grpc_status_code=5 | ratio_of_counts all, mean count
db_client_operation_duration_seconds_count error_type=Timeout | ratio_of_counts all, ratio_of_counts bad, mean count
db_client_operation_duration_seconds_count peer=db | ratio_of_counts all, mean count
db_client_connection_count db_client_connection_state=idle |
db_client_connection_count db_client_connection_state=used | share used
db_client_connection_max                           | share limit
gen_ai_evaluations_total gen_ai_evaluation_score_label=fail | ratio all, ratio bad
model_agreement_ratio model=triage                 | quality value
db_pool_connections                                |
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines())
def test_parts(line: str) -> None:
    """A metric's name and labels give the roles behind the bar."""
    given, _, expected = line.partition("|")
    metric, *labels = given.split()
    found = parts(metric, dict(label.split("=") for label in labels))
    assert ", ".join(f"{p.formula} {p.role}" for p in found) == expected.strip()
