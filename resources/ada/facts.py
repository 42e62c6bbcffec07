"""What Ada knows: a question and the one thing that she says about it."""

FACTS = """
What is the capital of France? | Paris, on the Seine.
What is the capital of Japan? | Tokyo.
What is the capital of Canada? | Ottawa. Not Toronto.
What is the capital of Kenya? | Nairobi.
What is the capital of Australia? | Canberra. Not Sydney.
What is the capital of Brazil? | Brasilia, since 1960.
What is the capital of Norway? | Oslo.
What is the capital of Egypt? | Cairo, on the Nile.
What is the capital of Portugal? | Lisbon.
What is the capital of Peru? | Lima.
Which is the longest river of Africa? | The Nile.
Which is the largest ocean? | The Pacific. A third of Earth's surface.
Which is the highest mountain on Earth? | Mount Everest, 8,849 metres.
Which is the largest desert that is hot? | The Sahara.
Which country has the most people? | India, then China.
Which is the smallest continent? | Australia.
How many continents are there? | Seven, as most count them.
Which sea lies between Europe and Africa? | The Mediterranean.
How many planets circle the Sun? | Eight.
Which planet is the largest? | Jupiter.
Which planet is closest to the Sun? | Mercury.
Which planet has the most visible rings? | Saturn.
Why is Mars red? | Iron oxide in its dust. Rust.
How long does light take from the Sun to Earth? | Eight minutes and twenty seconds.
How far away is the Moon? | 384,000 kilometres on average.
How old is the Earth? | About 4.5 billion years.
What is a light year? | The distance light covers in a year. 9.5 trillion kilometres.
What is a black hole? | Mass so dense that light cannot leave.
What causes the tides? | The Moon's gravity, and the Sun's to a lesser part.
What causes the seasons? | The tilt of Earth's axis.
Why is the sky blue? | Air scatters blue light more than red.
What is a comet? | Ice and dust on a long orbit. It grows a tail near the Sun.
What is a shooting star? | A grain of rock burning up in the air.
What is the nearest star? | The Sun. After it, Proxima Centauri.
What is gravity? | Masses attract each other.
How fast is light? | 299,792 kilometres a second.
How fast is sound in air? | About 340 metres a second.
At what temperature does water boil? | At 100 degrees Celsius, at sea level.
At what temperature does water freeze? | At zero degrees Celsius.
What is water made of? | Hydrogen and oxygen, two to one.
What is table salt? | Sodium chloride.
What gas do plants take in? | Carbon dioxide. They give back oxygen.
What is photosynthesis? | Plants make sugar from light, water and carbon dioxide.
What is the most common gas in air? | Nitrogen, 78 percent.
What is the lightest element? | Hydrogen.
What is the symbol of gold? | Au.
What is the symbol of iron? | Fe.
What is an atom? | A nucleus with electrons around it.
What is DNA? | The molecule that carries a living thing's plans.
What is a virus? | Genetic code in a shell. It needs a cell to multiply.
How many bones has an adult human? | 206.
How many teeth has an adult human? | Thirty-two, with wisdom teeth.
What does the heart do? | It pumps blood.
What do the lungs do? | They take in oxygen and give off carbon dioxide.
What is the largest organ of the body? | The skin.
How many hours should I sleep? | Seven to nine.
Why do we sweat? | Evaporation cools the skin.
Why do we yawn? | Cause not settled. Tiredness helps.
What is a mammal? | An animal that feeds its young with milk.
What is the largest animal? | The blue whale.
What is the fastest land animal? | The cheetah. About 100 kilometres an hour.
How many legs has a spider? | Eight.
How many legs has an insect? | Six.
Can penguins fly? | In water only. In air they cannot.
Do fish sleep? | They rest, with open eyes.
What do bees make? | Honey and wax.
What do pandas eat? | Bamboo, nearly all day.
Why do cats purr? | Contentment, mostly. Sometimes pain.
How long do elephants live? | Up to seventy years.
What is a fossil? | Remains of life turned to stone.
What killed the dinosaurs? | An asteroid, 66 million years ago.
What is seven times eight? | Fifty-six.
What is twelve times twelve? | One hundred and forty-four.
What is nine plus sixteen? | Twenty-five.
What is one hundred minus thirty-seven? | Sixty-three.
What is the square root of eighty-one? | Nine.
What is half of ninety? | Forty-five.
What is ten percent of 250? | Twenty-five.
What is a prime number? | A number that only one and itself divide.
Is 91 a prime number? | No. Seven times thirteen.
How many degrees has a circle? | 360.
How many degrees do a triangle's angles add up to? | 180, on a flat plane.
What is pi? | A circle's length over its width. About 3.14159.
How many sides has a hexagon? | Six.
How many minutes has a day? | 1,440.
How many seconds has an hour? | 3,600.
How many days has a leap year? | 366.
How many centimetres are in an inch? | 2.54.
How many metres are in a mile? | About 1,609.
How many grams are in a pound? | About 454.
How many bits are in a byte? | Eight.
What is a computer program? | A list of instructions for a machine.
What is a compiler? | A program that turns source text into machine code.
What is a neural network? | Layers of weighted sums, fitted to examples.
What is an algorithm? | Steps that solve a problem and end.
What does CPU stand for? | Central processing unit.
What does RAM do? | It holds what the processor works on. It forgets without power.
What is a bug in software? | A mistake in the program.
What is binary? | Numbers with two digits, zero and one.
What is the internet? | Networks joined by one protocol.
What is encryption? | Writing that only a key can read.
Who wrote Hamlet? | William Shakespeare.
Who wrote Don Quixote? | Miguel de Cervantes.
Who painted the Mona Lisa? | Leonardo da Vinci.
Who composed the Ninth Symphony with the Ode to Joy? | Ludwig van Beethoven.
Who was the first human in space? | Yuri Gagarin, 1961.
Who first walked on the Moon? | Neil Armstrong, 1969.
Who discovered penicillin? | Alexander Fleming, 1928.
Who proposed the theory of relativity? | Albert Einstein.
Who was Ada Lovelace? | She published the first computer program, in 1843.
Who was Marie Curie? | She studied radioactivity. Two Nobel prizes.
Who invented the printing press of Europe? | Johannes Gutenberg.
When did the Second World War end? | In 1945.
When did the Berlin Wall fall? | In November 1989.
How many strings has a violin? | Four.
How many keys has a piano? | Eighty-eight.
How many players has a football team on the field? | Eleven.
How many pieces has a chess player at the start? | Sixteen.
How often are the Olympic Games held? | Summer games every four years.
What colour do blue and yellow paint make? | Green.
What colours has a rainbow? | Red, orange, yellow, green, blue, indigo, violet.
What is the opposite of north? | South.
Where does the Sun rise? | In the east.
How do I boil an egg? | Boiling water, eight minutes, then cold water.
How do I cook rice? | One part rice, two parts water, simmer until dry.
How do I make tea? | Boil water, steep leaves three minutes.
What is bread made of? | Flour, water, salt and yeast.
What is chocolate made of? | Cocoa beans and sugar.
Is a tomato a fruit? | Botanically, yes. A berry.
What vitamin is in oranges? | Vitamin C.
How do I remove a coffee stain? | Cold water, soap, and soon.
How do I tie my shoes faster? | Practise one knot. Ten times.
How do I learn a language? | Daily practice. Speak early.
How do I fall asleep? | Dark, cool, quiet. No screens.
How do I save money? | Spend less than comes in. Store the rest first.
What should I drink when I run? | Water.
What is a haiku? | Three lines of five, seven and five syllables.
What is a noun? | A word for a thing, a place or a being.
What is a synonym for quick? | Fast.
What is the plural of mouse? | Mice.
How do you say thank you in Spanish? | Gracias.
How do you say good morning in German? | Guten Morgen.
What is a democracy? | Rule by the people, through votes.
What is inflation? | Prices rise, money buys less.
What is a vaccine? | Training for the immune system.
What is recycling? | Turning waste into material again.
What is renewable energy? | Energy from sun, wind and water. It does not run out.
How does a battery work? | Chemistry pushes electrons through a circuit.
How does a rocket fly? | It throws mass backward and goes forward.
How does a magnet work? | Its atoms' fields point one way.
How does a fridge cool? | It pumps heat from inside to outside.
How does soap clean? | It binds fat to water.
Why does ice float? | It is less dense than water.
Why do leaves turn yellow? | Their green pigment breaks down in autumn.
Why does iron rust? | It reacts with oxygen and water.
Why do stars twinkle? | Moving air bends their light.
"""
