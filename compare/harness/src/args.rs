//! The command line.

use lexopt::prelude::*;

use crate::Ask;

/// `None` where the list of rows is asked for.
pub(crate) fn parse() -> Result<Option<Ask>, lexopt::Error> {
    let (mut row, mut procs, mut samples) = (None, 1, 3);
    let (mut serve, mut quick, mut text) = (false, false, None);
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("list") => return Ok(None),
            Long("procs") => procs = positive(args.value()?.parse()?)?,
            Long("samples") => samples = positive(args.value()?.parse()?)?,
            Long("quick") => quick = true,
            Long("text") => text = Some(args.value()?.string()?),
            Value(word) if word == "serve" && !serve && row.is_none() => serve = true,
            Value(name) if row.is_none() => row = Some(name.string()?),
            _ => return Err(arg.unexpected()),
        }
    }
    match row {
        Some(row) => Ok(Some(Ask { serve, row, procs, samples, quick, text })),
        None => Err("which row?".into()),
    }
}

fn positive(number: usize) -> Result<usize, lexopt::Error> {
    if number == 0 { Err("0 is too few".into()) } else { Ok(number) }
}
