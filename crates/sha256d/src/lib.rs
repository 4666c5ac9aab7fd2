//! hashwatch-sha256d
