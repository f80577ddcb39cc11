//! What can be said about a value from its tokens alone.

use proc_macro2::TokenStream;
use syn::{BinOp, Error, Expr, Lit, Result, UnOp};

/// The smallest and the largest stack a goroutine can be given, in bytes.
const STACK: std::ops::RangeInclusive<u128> = 16 << 10..=1 << 30;

/// A stack size written in literals must be in range; any other is the run time's business.
pub(crate) fn check_stack(key: &str, value: &Expr) -> Result<()> {
    check_count(key, value, "stack = 1 << 20")?;
    match integer(value) {
        Some(bytes) if !STACK.contains(&bytes) => Err(Error::new_spanned(
            value,
            format!(
                "a goroutine's stack is from 16 KiB to 1 GiB ({} to {} bytes), and this is {bytes}",
                STACK.start(),
                STACK.end(),
            ),
        )),
        _ => Ok(()),
    }
}

/// A number must not be written as a literal of another kind, nor below zero.
pub(crate) fn check_count(key: &str, value: &Expr, example: &str) -> Result<()> {
    let wrong = match bare(value) {
        Expr::Lit(literal) => !matches!(literal.lit, Lit::Int(_)),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)),
        _ => false,
    };
    if wrong {
        return Err(Error::new_spanned(
            value,
            format!("`{key}` takes a positive whole number, as in `{example}`"),
        ));
    }
    Ok(())
}

/// A switch must not be written as a literal of another kind, nor with a minus.
pub(crate) fn check_switch(key: &str, value: &Expr) -> Result<()> {
    let wrong = match bare(value) {
        Expr::Lit(literal) => !matches!(literal.lit, Lit::Bool(_)),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)),
        _ => false,
    };
    if wrong {
        return Err(Error::new_spanned(value, format!("`{key}` takes `true` or `false`")));
    }
    Ok(())
}

/// The expression if it parses; what does not is left to rustc to report.
pub(crate) fn expression(tokens: &TokenStream) -> Option<Expr> {
    syn::parse2(tokens.clone()).ok()
}

/// The value of an expression made of integer literals alone.
pub(crate) fn integer(expr: &Expr) -> Option<u128> {
    match bare(expr) {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => int.base10_parse().ok(),
            _ => None,
        },
        Expr::Binary(binary) => {
            let left = integer(&binary.left)?;
            let right = integer(&binary.right)?;
            match binary.op {
                BinOp::Add(_) => left.checked_add(right),
                BinOp::Sub(_) => left.checked_sub(right),
                BinOp::Mul(_) => left.checked_mul(right),
                BinOp::Shl(_) => left.checked_mul(1_u128.checked_shl(right.try_into().ok()?)?),
                BinOp::Shr(_) => left.checked_shr(right.try_into().ok()?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The expression inside parentheses and the invisible groups that `macro_rules!` makes.
pub(crate) fn bare(mut expr: &Expr) -> &Expr {
    loop {
        match expr {
            Expr::Paren(paren) => expr = &paren.expr,
            Expr::Group(group) => expr = &group.expr,
            _ => return expr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn folds_integer_arithmetic() {
        assert_eq!(integer(&parse_quote!(1 << 20)), Some(1 << 20));
        assert_eq!(integer(&parse_quote!((64 * 1_024usize) - 1)), Some(65_535));
        assert_eq!(integer(&parse_quote!(0x4000 >> 1)), Some(8_192));
        assert_eq!(integer(&parse_quote!(1 << 400)), None);
        assert_eq!(integer(&parse_quote!(N * 2)), None);
        assert_eq!(integer(&parse_quote!(1 - 2)), None);
    }

    #[test]
    fn stack_range() {
        assert!(check_stack("stack", &parse_quote!(16 * 1024)).is_ok());
        assert!(check_stack("stack", &parse_quote!(1 << 30)).is_ok());
        assert!(check_stack("stack", &parse_quote!(16_383)).is_err());
        assert!(check_stack("stack", &parse_quote!((1 << 30) + 1)).is_err());
        assert!(check_stack("stack", &parse_quote!("1 MiB")).is_err());
        assert!(check_stack("stack", &parse_quote!(-4096)).is_err());
        assert!(check_stack("stack", &parse_quote!(SIZE)).is_ok());
    }

    #[test]
    fn switches() {
        let right: [Expr; 5] = [
            parse_quote!(true),
            parse_quote!((false)),
            parse_quote!(FLAG),
            parse_quote!(!cfg!(test)),
            parse_quote!(LIMIT < 10),
        ];
        for value in &right {
            check_switch("pinned", value).unwrap();
        }
        let wrong: [Expr; 5] = [
            parse_quote!(1),
            parse_quote!("true"),
            parse_quote!((0)),
            parse_quote!('t'),
            parse_quote!(-1),
        ];
        for value in &wrong {
            let error = check_switch("pinned", value).unwrap_err();
            assert_eq!(error.to_string(), "`pinned` takes `true` or `false`");
        }
    }
}
