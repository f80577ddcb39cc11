//! Tokens to [`Select`]: where one arm ends and the next begins.
//!
//! Nothing stops at a mistake. It is noted, what was probably meant is assumed, and the
//! rest is read on, so that all mistakes are reported and the user's code is kept.

use proc_macro2::{Delimiter, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Error, Expr};

use super::ast::{Arm, Body, Broken, Select};
use super::expr::{expression, prefix};
use super::golang;
use super::head::{self, is_head};
use super::source::source_or;
use super::tokens::{
    Boundary, boundary, group, ident, is_arrow, is_assignment, is_colon, is_fat_arrow, is_punct,
    is_thin_arrow, is_word, last_span, position, separator, stream,
};

pub(super) fn parse(trees: Vec<TokenTree>) -> Select {
    let mut parser = Parser { trees, at: 0, select: Select::default() };
    parser.biased();
    while parser.at < parser.trees.len() {
        parser.arm();
    }
    parser.select
}

struct Parser {
    trees: Vec<TokenTree>,
    /// What was read so far.
    at: usize,
    select: Select,
}

impl Parser {
    fn error(&mut self, at: usize, text: impl std::fmt::Display) {
        let span = self.trees.get(at).map_or_else(|| last_span(&self.trees), TokenTree::span);
        self.select.errors.push(Error::new(span, text));
    }

    /// `biased;`
    fn biased(&mut self) {
        let Some(word) = ident(&self.trees, 0).filter(|word| *word == "biased").cloned() else {
            return;
        };
        if is_punct(&self.trees, 1, ';') {
            self.at = 2;
        } else if self.trees.len() == 1 || is_punct(&self.trees, 1, ',') {
            self.error(self.trees.len().min(2) - 1, "`biased` ends with a semicolon: `biased;`");
            self.at = 2;
        } else {
            return;
        }
        self.select.biased = Some(word);
    }

    /// One arm, with the separator behind it.
    fn arm(&mut self) {
        let before = self.at;
        if is_punct(&self.trees, self.at, ',') || is_punct(&self.trees, self.at, ';') {
            self.error(self.at, "an arm is missing here");
            self.at += 1;
            return;
        }
        self.no_attributes();
        if is_word(&self.trees, self.at, "biased")
            && (is_punct(&self.trees, self.at + 1, ';') || is_punct(&self.trees, self.at + 1, ','))
        {
            self.error(self.at, "`biased;` stands before the first arm, once");
            self.at += 2;
            return;
        }
        if let Some((mut broken, error, at)) = golang::arm(&self.trees, self.at) {
            self.select.errors.push(error);
            self.at = at;
            if is_fat_arrow(&self.trees, at) {
                broken.body = self.body(at + 2);
            }
            self.select.broken.push(broken);
        } else {
            if let Some((error, names)) = golang::bare_pair(&self.trees[self.at..]) {
                self.select.errors.push(error);
                let names = self.at..self.at + names;
                let pair = golang::pair(&self.trees[names.clone()]);
                self.trees.splice(names, pair);
            }
            self.plain_arm();
        }
        debug_assert!(self.at > before, "every arm takes a token at least");
    }

    fn no_attributes(&mut self) {
        while is_punct(&self.trees, self.at, '#')
            && group(&self.trees, self.at + 1, Delimiter::Bracket).is_some()
        {
            let attribute = stream(&self.trees[self.at..self.at + 2]);
            self.select.errors.push(Error::new_spanned(
                attribute,
                "an arm has no attributes: put this one on a statement in the arm's block",
            ));
            self.at += 2;
        }
    }

    fn plain_arm(&mut self) {
        let start = self.at;
        let (end, body_start) = self.end_of_head(start);
        let head = self.trees[start..end].to_vec();
        let mut errors = Vec::new();
        let parsed = head::parse(&head, &mut errors);
        self.select.errors.append(&mut errors);
        let body = match body_start {
            Some(body_start) => self.body(body_start),
            None => None,
        };
        let Some(parsed) = parsed else {
            self.select.broken.push(Broken { head, body });
            return;
        };
        let span = head.first().map_or_else(|| last_span(&head), TokenTree::span);
        let (operation, guard) = (parsed.operation, parsed.guard);
        // Of any type, as the missing body could be.
        let body = body.unwrap_or_else(|| Body(quote!({ ::core::unreachable!() })));
        self.select.arms.push(Arm { operation, guard, body, span });
    }

    /// The end of the head that begins at `start`, and the start of the arm's body. Without
    /// a body `at` is moved on to the next arm.
    fn end_of_head(&mut self, start: usize) -> (usize, Option<usize>) {
        let (end, found) = boundary(&self.trees, start);
        if found == Boundary::FatArrow {
            let missing = (start + 1..end).find(|at| {
                group(&self.trees, *at, Delimiter::Brace).is_some()
                    && *at + 1 < end
                    && is_head(&self.trees[start..*at])
                    && !is_head(&self.trees[start..end])
            });
            return match missing {
                Some(body) => {
                    self.error(body, "`=>` is missing before this block");
                    (body, Some(body))
                }
                None => (end, Some(end + 2)),
            };
        }
        if let Some((at, width)) = self.wrong_arrow(start, end, found) {
            let wrong = &self.trees[at..at + width];
            if wrong.is_empty() {
                self.error(at, "`=>` is missing before this block");
            } else {
                let text: String = wrong.iter().map(ToString::to_string).collect();
                let text = format!("expected `=>` before the arm's body, found `{text}`");
                self.select.errors.push(Error::new_spanned(stream(wrong), text));
            }
            return (at, Some(at + width));
        }
        if found == Boundary::Comma && self.condition_without_if(start, end) {
            let (past, _) = boundary(&self.trees, end + 1);
            return (end, Some(past + 2));
        }
        let mut head = (start + 1..end).rev().filter(|at| is_head(&self.trees[start..*at]));
        let longest = if is_head(&self.trees[start..end]) { Some(end) } else { head.next() };
        match longest {
            Some(at) if at < end => {
                self.error(at, "expected `=>` before the arm's body");
                (at, Some(at))
            }
            _ => {
                let mut errors = Vec::new();
                head::parse(&self.trees[start..end], &mut errors);
                // What is no arm at all is told so.
                if errors.is_empty() {
                    let last = end.saturating_sub(1).max(start);
                    self.error(last, "this arm has no body: `=> ..` is missing after it");
                }
                self.at = (end + 1).min(self.trees.len()).max(start + 1);
                (end, None)
            }
        }
    }

    /// What stands in place of `=>`, and how many tokens it takes.
    fn wrong_arrow(&self, start: usize, end: usize, found: Boundary) -> Option<(usize, usize)> {
        let trees = &self.trees;
        let candidates = (start + 1..end).filter_map(|at| {
            if is_thin_arrow(trees, at) {
                Some((at, 2))
            } else if is_assignment(trees, at) || is_colon(trees, at) {
                Some((at, 1))
            } else if group(trees, at, Delimiter::Brace).is_some() {
                Some((at, 0))
            } else {
                None
            }
        });
        let semicolon = (found == Boundary::Semicolon).then_some((end, 1));
        let mut all = candidates.chain(semicolon);
        all.find(|(at, _)| is_head(&trees[start..*at]))
    }

    /// `v = <-rx, ready => ..`
    fn condition_without_if(&mut self, start: usize, comma: usize) -> bool {
        let (end, found) = boundary(&self.trees, comma + 1);
        let condition = &self.trees[comma + 1..end];
        let is_condition = found == Boundary::FatArrow
            && is_head(&self.trees[start..comma])
            && !condition.is_empty()
            && condition.iter().enumerate().all(|(at, _)| !is_assignment(condition, at))
            && !is_word(condition, 0, "_")
            && !is_head(condition)
            && expression(condition).is_ok();
        if is_condition {
            let text = source_or(stream(condition), "condition");
            self.error(comma + 1, format!("a condition begins with `if`: `.., if {text} =>`"));
        }
        is_condition
    }

    /// The body that begins at `start`; moves on to the next arm.
    fn body(&mut self, mut start: usize) -> Option<Body> {
        while is_fat_arrow(&self.trees, start) {
            self.error(start, "a second `=>`: an arm has one, before its body");
            start += 2;
        }
        let arrow = (start..self.trees.len()).find(|at| is_fat_arrow(&self.trees, *at));
        // The body, a separator, and the next arm's head if there is one.
        let region = self.trees[start..arrow.unwrap_or(self.trees.len())].to_vec();
        if region.is_empty() || is_punct(&region, 0, ',') || is_punct(&region, 0, ';') {
            self.error(
                start.saturating_sub(1),
                "this arm has no body: write `{}` if there is nothing to do",
            );
            self.at = (start + 1).min(self.trees.len());
            return None;
        }
        let end = body_end(&region, arrow.is_some());
        let body = Body(stream(&region[..end.body]));
        self.at = start + end.body;
        if end.is_block && !is_punct(&region, end.body, ';') {
            self.at += usize::from(is_punct(&region, end.body, ','));
        } else if is_punct(&region, end.body, ',') {
            self.at += 1;
        } else if is_punct(&region, end.body, ';') {
            return Some(self.after_semicolon(start, &region, end.body, arrow.is_some()));
        } else if end.body < region.len() {
            self.error(self.at, "expected `,` between this arm and the one before");
        } else if let Some(arrow) = arrow {
            self.error(arrow, "a second `=>`: a `,` and an operation are missing before it");
            self.at = (separator(&self.trees, arrow + 2) + 1).min(self.trees.len());
        }
        Some(body)
    }

    /// A semicolon behind a body: between two arms, or between two statements.
    fn after_semicolon(
        &mut self,
        start: usize,
        region: &[TokenTree],
        semicolon: usize,
        more: bool,
    ) -> Body {
        let rest = &region[semicolon + 1..];
        let arm_follows = more && is_head(rest);
        if arm_follows || rest.is_empty() {
            self.error(start + semicolon, "an arm ends with a comma, not with a semicolon");
            self.at = start + semicolon + 1;
            return Body(stream(&region[..semicolon]));
        }
        self.error(start + semicolon, "several statements need braces: `=> { ..; .. }`");
        let mut end = semicolon;
        while is_punct(region, end, ';') {
            end = separator(region, end + 1);
            if more && is_punct(region, end, ';') && is_head(&region[end + 1..]) {
                break;
            }
        }
        self.at = start + (end + 1).min(region.len());
        let statements = stream(&region[..end]);
        Body(quote_spanned!(region[0].span()=> { #statements }))
    }
}

struct End {
    body: usize,
    /// Whether the next arm may follow without a comma.
    is_block: bool,
}

/// Where the body that `region` begins with ends. Behind it there is a separator and, with
/// `more`, the next arm's head.
fn body_end(region: &[TokenTree], more: bool) -> End {
    let continues = is_punct(region, 1, '.') || is_punct(region, 1, '?');
    if group(region, 0, Delimiter::Brace).is_some() && !continues {
        return End { body: 1, is_block: true };
    }
    // An arrow is the next arm's; to a parser of expressions it is an operator.
    let arrow = if more { position(region, is_arrow) } else { None };
    let readable = &region[..arrow.unwrap_or(region.len())];
    let Some((expr, used)) = prefix(readable) else {
        let end = separator(region, 0);
        let split = (1..region.len()).find(|at| more && is_head(&region[*at..]));
        let body = if end < region.len() { end } else { split.unwrap_or(end) };
        return End { body, is_block: false };
    };
    if is_block(&expr) {
        return End { body: used, is_block: true };
    }
    if more && used == region.len() {
        let is_split = |at: &usize| is_head(&region[*at..]) && expression(&region[..*at]).is_ok();
        return End { body: (1..used).rev().find(is_split).unwrap_or(used), is_block: false };
    }
    let end = separator(region, used);
    let arm_follows = is_head(&region[used..]) || (more && end == region.len());
    // What is no arm either is left to rustc.
    End { body: if arm_follows { used } else { end }, is_block: false }
}

/// The expressions that a `match` arm may end with without a comma.
fn is_block(expr: &Expr) -> bool {
    if let Expr::Group(group) = expr {
        return is_block(&group.expr);
    }
    matches!(
        expr,
        Expr::If(_)
            | Expr::Match(_)
            | Expr::Block(_)
            | Expr::Unsafe(_)
            | Expr::While(_)
            | Expr::Loop(_)
            | Expr::ForLoop(_)
            | Expr::TryBlock(_)
            | Expr::Const(_)
    )
}
