"""What a recording's folder holds: tables and pictures, each whole or absent."""
