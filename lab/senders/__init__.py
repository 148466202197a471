"""What the clinic's tools put on the wire: bodies, headers, signatures."""
