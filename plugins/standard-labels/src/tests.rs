//! What is added, and what is left alone.
