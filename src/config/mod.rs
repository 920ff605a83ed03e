//! Configuration: defaults < file < environment; one section a file, filling the types the rooms own.
