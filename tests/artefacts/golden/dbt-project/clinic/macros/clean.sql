{% macro clean(column) %}{{ return(adapter.dispatch('clean')(column)) }}{% endmacro %}
{% macro default__clean(column) %}lower({{ column }}){% endmacro %}
{% macro postgres__clean(column) %}trim({{ column }}){% endmacro %}
{% test not_empty(model, column_name) %} select * from {{ model }} where {{ column_name }} = '' {% endtest %}
