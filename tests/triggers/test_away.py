"""A worker that cannot start because Kafka went away says so in one sentence (`make faults` plays it)."""

import pytest
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import KafkaError, KafkaException

from proactive.errors import Unusable
from triggers.worker import told_when_away


@pytest.mark.parametrize("error", [KafkaConnectionError(), KafkaException(KafkaError(KafkaError._TIMED_OUT))])
def test_brokers_that_went_away_while_it_started_end_it_with_one_sentence(error: Exception) -> None:
    with pytest.raises(Unusable, match="Kafka was there and cannot be reached any more"), told_when_away():
        raise error


def test_brokers_that_refuse_something_are_not_away() -> None:
    with pytest.raises(KafkaException), told_when_away():
        raise KafkaException(KafkaError(KafkaError.INVALID_CONFIG))
