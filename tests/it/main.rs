//! The one binary of tests that reach greenroom through HTTP, the command line and the store only.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod support;
