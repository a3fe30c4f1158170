"""The API kinds as frozen values."""
