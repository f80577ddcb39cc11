//! What is rendered from the comparison's figures is what they render to.

use crate::Outcome;
use crate::compare::render;
use crate::site::Site;

pub(super) fn run(site: &Site) -> Outcome {
    render::check(site)
}
