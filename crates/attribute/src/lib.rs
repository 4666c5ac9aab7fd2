//! hashwatch-attribute
