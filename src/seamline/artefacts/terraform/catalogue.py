"""Resource types that are entities of the map, and which of their fields name and size them."""

from msgspec import Struct


class Kind(Struct, frozen=True):
    """What a resource type is. `names` and `endpoints` are fields, the first that is set counts."""

    entity: str  # a kind of ref
    names: tuple[str, ...]
    endpoints: tuple[str, ...] = ()


_NAME = ("name",)
_AWS_DATABASE = ("identifier", "identifier_prefix", "cluster_identifier", "name")

KINDS: dict[str, Kind] = {
    "aws_db_instance": Kind("database", _AWS_DATABASE, ("address", "endpoint")),
    "aws_rds_cluster": Kind("database", ("cluster_identifier",), ("endpoint", "reader_endpoint")),
    "aws_rds_cluster_instance": Kind("database", ("identifier",), ("endpoint",)),
    "aws_db_proxy": Kind("database", _NAME, ("endpoint",)),
    "aws_redshift_cluster": Kind("database", ("cluster_identifier",), ("dns_name", "endpoint")),
    "aws_redshiftserverless_workgroup": Kind("database", ("workgroup_name",)),
    "aws_docdb_cluster": Kind("database", ("cluster_identifier",), ("endpoint",)),
    "aws_neptune_cluster": Kind("database", ("cluster_identifier",), ("endpoint",)),
    "aws_dynamodb_table": Kind("database", _NAME),
    "aws_elasticache_cluster": Kind(
        "database", ("cluster_id",), ("cluster_address", "configuration_endpoint")
    ),
    "aws_elasticache_replication_group": Kind(
        "database", ("replication_group_id",), ("primary_endpoint_address", "configuration_endpoint_address")
    ),
    "aws_elasticache_serverless_cache": Kind("database", _NAME),
    "aws_memorydb_cluster": Kind("database", _NAME),
    "aws_opensearch_domain": Kind("database", ("domain_name",), ("endpoint",)),
    "aws_elasticsearch_domain": Kind("database", ("domain_name",), ("endpoint",)),
    "aws_keyspaces_table": Kind("database", ("table_name",)),
    "aws_timestreamwrite_database": Kind("database", ("database_name",)),
    "aws_sqs_queue": Kind("queue", ("name", "name_prefix")),
    "aws_sns_topic": Kind("queue", ("name", "name_prefix")),
    "aws_kinesis_stream": Kind("queue", _NAME),
    "aws_kinesis_firehose_delivery_stream": Kind("queue", _NAME),
    "aws_msk_cluster": Kind("queue", ("cluster_name",), ("bootstrap_brokers_tls", "bootstrap_brokers")),
    "aws_msk_serverless_cluster": Kind("queue", ("cluster_name",)),
    "aws_mq_broker": Kind("queue", ("broker_name",)),
    "aws_cloudwatch_event_bus": Kind("queue", _NAME),
    "aws_lambda_function": Kind("service", ("function_name",)),
    "aws_ecs_service": Kind("service", _NAME),
    "aws_apprunner_service": Kind("service", ("service_name",)),
    "aws_elastic_beanstalk_environment": Kind("service", _NAME),
    "google_sql_database_instance": Kind("database", _NAME, ("private_ip_address", "first_ip_address")),
    "google_alloydb_cluster": Kind("database", ("cluster_id",)),
    "google_alloydb_instance": Kind("database", ("instance_id",)),
    "google_spanner_instance": Kind("database", _NAME),
    "google_bigtable_instance": Kind("database", _NAME),
    "google_firestore_database": Kind("database", _NAME),
    "google_redis_instance": Kind("database", _NAME, ("host",)),
    "google_redis_cluster": Kind("database", _NAME),
    "google_memcache_instance": Kind("database", _NAME),
    "google_pubsub_topic": Kind("queue", _NAME),
    "google_pubsub_subscription": Kind("queue", _NAME),
    "google_pubsub_lite_topic": Kind("queue", _NAME),
    "google_cloud_tasks_queue": Kind("queue", _NAME),
    "google_managed_kafka_cluster": Kind("queue", ("cluster_id",)),
    "google_cloud_run_service": Kind("service", _NAME),
    "google_cloud_run_v2_service": Kind("service", _NAME, ("uri",)),
    "google_cloudfunctions_function": Kind("service", _NAME),
    "google_cloudfunctions2_function": Kind("service", _NAME),
    "azurerm_postgresql_server": Kind("database", _NAME, ("fqdn",)),
    "azurerm_postgresql_flexible_server": Kind("database", _NAME, ("fqdn",)),
    "azurerm_mysql_server": Kind("database", _NAME, ("fqdn",)),
    "azurerm_mysql_flexible_server": Kind("database", _NAME, ("fqdn",)),
    "azurerm_mariadb_server": Kind("database", _NAME, ("fqdn",)),
    "azurerm_mssql_server": Kind("database", _NAME, ("fully_qualified_domain_name",)),
    "azurerm_mssql_managed_instance": Kind("database", _NAME, ("fqdn",)),
    "azurerm_cosmosdb_account": Kind("database", _NAME, ("endpoint",)),
    "azurerm_redis_cache": Kind("database", _NAME, ("hostname",)),
    "azurerm_managed_redis": Kind("database", _NAME, ("hostname",)),
    "azurerm_servicebus_queue": Kind("queue", _NAME),
    "azurerm_servicebus_topic": Kind("queue", _NAME),
    "azurerm_eventhub": Kind("queue", _NAME),
    "azurerm_storage_queue": Kind("queue", _NAME),
    "azurerm_container_app": Kind("service", _NAME),
    "azurerm_linux_web_app": Kind("service", _NAME, ("default_hostname",)),
    "azurerm_linux_function_app": Kind("service", _NAME, ("default_hostname",)),
    "confluent_kafka_cluster": Kind("queue", ("display_name",), ("bootstrap_endpoint",)),
    "confluent_kafka_topic": Kind("queue", ("topic_name",)),
    "mongodbatlas_cluster": Kind("database", _NAME),
    "mongodbatlas_advanced_cluster": Kind("database", _NAME),
    "digitalocean_database_cluster": Kind("database", _NAME, ("private_host", "host")),
    "snowflake_database": Kind("database", _NAME),
    "heroku_app": Kind("service", _NAME),
    "helm_release": Kind("system", _NAME),
}
DATA_BEARING = frozenset({"database", "queue"})

# Fields that size an entity, and what the figure is called.
FIGURES = (
    ("desired_count", "replicas"), ("allocated_storage", "storage_gb"), ("max_allocated_storage", "max_storage_gb"),
    ("read_capacity", "read_capacity"), ("write_capacity", "write_capacity"), ("shard_count", "shards"),
    ("reserved_concurrent_executions", "max_replicas"), ("num_cache_nodes", "nodes"),
    ("number_of_broker_nodes", "nodes"), ("memory_size_gb", "memory_gb"), ("storage_mb", "storage_mb"),
    ("visibility_timeout_seconds", "visibility_timeout_s"), ("message_retention_seconds", "retention_s"),
)  # fmt: skip
# Fields that a document keeps: what rules and people need, none of which is ever a secret.
KEPT = (
    "instance_class", "node_type", "engine", "engine_version", "database_version", "sku_name", "tier", "version",
    "multi_az", "deletion_protection", "parameter_group_name", "db_parameter_group_name", "billing_mode", "region",
    "storage_type", "skip_final_snapshot", "launch_type", "runtime", "memory_size", "timeout", "chart", "namespace",
    "fifo_queue", "hash_key", "range_key", *(field for field, _ in FIGURES),
)  # fmt: skip
