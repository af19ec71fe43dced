//! Tests of the server with a real socket.
