"""The stream processors: Kafka and Faust wake the steps of the journey. The only package that knows Faust."""
