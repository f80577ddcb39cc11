#[gmp::main]
fn main() -> Result<(), String> {
    let n: u64 = "three";
    println!("{n}");
    Ok(())
}
