"""Warning rules: read, evaluated, told; pure, without Faust and Kafka."""
