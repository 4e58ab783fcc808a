"""What the Data Streamer sends (S§): requests with an array of records, in two generations."""
