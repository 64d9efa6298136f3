// A global with a constructor, and a start-up of the C++ library that has to run before it.
struct Primes {
    int count = 0;
    Primes() {
        for (int number = 2; number < 100; number++) {
            bool prime = true;
            for (int divisor = 2; divisor * divisor <= number; divisor++)
                prime &= number % divisor != 0;
            count += prime;
        }
    }
};

static volatile int calls = 0;
static Primes primes;

extern "C" __attribute__((export_name("primes"))) int count_primes() {
    calls = calls + 1;
    return primes.count;
}
