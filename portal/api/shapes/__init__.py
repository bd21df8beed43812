"""What the API says of each noun: the struct that an answer is, and the read that fetches such by their keys."""
