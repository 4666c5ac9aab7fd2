//! hashwatch-node
