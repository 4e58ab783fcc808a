"""The management API, that is 1NCE's, Business Smart Connect's and IoT Easy Connect's."""
