use gmp::go;

struct Server;

impl Server {
    fn start(&self) {
        go!(self.run());
    }

    fn run(&self) {}
}

fn main() {
    Server.start();
}
