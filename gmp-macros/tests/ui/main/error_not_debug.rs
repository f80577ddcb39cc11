struct Failure;

#[gmp::main]
fn main() -> Result<(), Failure> {
    Err(Failure)
}
