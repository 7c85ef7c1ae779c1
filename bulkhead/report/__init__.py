"""A run of the replay as one HTML page: charts, story, and where every unit went."""
