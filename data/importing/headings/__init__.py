"""Which table a sheet holds, and where its rows begin and end."""
